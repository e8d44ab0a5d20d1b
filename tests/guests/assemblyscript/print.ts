// Through @assemblyscript/wasi-shim.
const values = [3, 1, 2].sort();
console.log(`hello ${values.join(",")}`);
console.log(process.argv.slice(1).join("+"));
console.log(process.env.has("WHO") ? process.env.get("WHO") : "nobody");
process.stderr.write("told\n");
const before = Date.now();
assert(before > 1600000000000 && Date.now() >= before);
assert(Math.random() < 1);
process.exit(values.length);
