import { Component, useEffect, type ReactNode } from "react";
import { problemOf } from "./api/problems";
import { useSession } from "./api/session";
import { DropTarget } from "./functions/drop-target";
import { FunctionPage } from "./pages/function";
import { FunctionsPage } from "./pages/functions";
import { NewPythonPage } from "./pages/new-python";
import { SettingsPage } from "./pages/settings";
import { SignIn } from "./pages/sign-in";
import { ProblemCard } from "./parts/problem";
import { Shell } from "./parts/shell";
import { Link, routeOf, usePath, type Route } from "./router";
import { rowName } from "./values/visible";

export function App() {
  const path = usePath();
  const route = routeOf(path);
  const { wanted } = useSession();
  const title = wanted ? "Sign in" : titleOf(route);
  useEffect(() => {
    document.title = `${title} · weft`;
  }, [title]);
  if (wanted) return <SignIn />;
  return (
    <Shell>
      <DropTarget functionName={route.page === "function" ? route.name : null} />
      <Boundary key={route.page}>
        <CurrentPage route={route} />
      </Boundary>
    </Shell>
  );
}

function CurrentPage({ route }: { route: Route }) {
  switch (route.page) {
    case "functions":
      return <FunctionsPage />;
    case "function":
      return (
        <FunctionPage key={route.name} name={route.name} tab={route.tab} invocation={route.invocation} />
      );
    case "new-python":
      return <NewPythonPage />;
    case "settings":
      return <SettingsPage />;
    case "unknown":
      return (
        <div className="page narrow">
          <h1>Nothing here</h1>
          <p>
            There is no page at <code>{rowName(route.path)}</code>.{" "}
            <Link href="/functions">All functions</Link>
          </p>
        </div>
      );
  }
}

function titleOf(route: Route): string {
  const tabs = {
    try: "",
    code: "Code of ",
    invocations: "Invocations of ",
    versions: "Versions of ",
    settings: "Settings of ",
  };
  if (route.page === "function") return tabs[route.tab] + rowName(route.name);
  return {
    functions: "Functions",
    "new-python": "New Python function",
    settings: "Settings",
    unknown: "Nothing here",
  }[route.page];
}

/** A page that fails to draw says so and leaves the navigation usable. */
class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <div className="page narrow">
        <ProblemCard problem={problemOf(this.state.error)}>
          <button type="button" className="button small" onClick={() => this.setState({ error: null })}>
            Draw the page again
          </button>
        </ProblemCard>
      </div>
    );
  }
}
