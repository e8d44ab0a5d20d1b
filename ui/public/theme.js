// Runs before the first paint, so that a dark page never flashes white. src/theme.ts changes it later.
(function () {
  var choice = "system";
  try {
    choice = localStorage.getItem("weft:theme") || "system";
  } catch (e) {
    // Storage may be forbidden; the system's theme is right then.
  }
  var dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
