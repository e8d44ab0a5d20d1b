// Expressions of JSONata with what the reference implementation makes of them, as a corpus for weft-conformance.
//
//   node jsonata_expressions.mjs PACKAGE SEED COUNT
//
// Expressions are made by their types, so that most of them have a value. What docs/reference/jsonata.md tells of differences is not made:
// names that are integers, characters beyond U+FFFF, more digits than a double has, updates of what is bound outside. Nor is what the
// reference implementation leaves to chance or gets wrong:
// - two places that can fail in an array or object: it evaluates all items at once, and any failure may come first;
// - a call without its context argument in a lambda, where it looks for the context in the wrong place; $clone() without one;
// - built-in functions that are applied partially to another type: it does not check them;
// - a path with @ or # that is sorted and grouped, where its own tuples come to light;
// - its errors without a code, NaN and Infinity (divisions, $parseInteger of other texts), and the last digits of $power;
// - patterns beside ?? and ?:, whose left side it compiles twice, which may never end, or go on in the text where the other ended;
// - what does not end: calls are nested as deep as STACK, and take MILLIS at most.
import { createRequire } from "node:module";

const jsonata = createRequire(import.meta.url)(process.argv[2]);
const COUNT = Number(process.argv[4]);
const STACK = 300;
const MILLIS = 2000;
const ENDLESS = ["D1011", "D1012"];

// --- randomness: mulberry32 ---

let seed = Number(process.argv[3]);
function random() {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
}
const chance = (share) => random() < share;
const whole = (low, high) => low + Math.floor(random() * (high - low + 1));
const pick = (choices) => choices[whole(0, choices.length - 1)];
const one = (...makers) => pick(makers)();

// --- documents ---

const ORDERS = {
  account: "North",
  total: 1234.5,
  open: true,
  nothing: null,
  none: [],
  empty: {},
  tags: ["b", "a", "c", "a"],
  counts: [3, 1, 2, -4.5],
  mixed: [1, "a", null, [2, [3]], { n: 4 }, false],
  when: "2026-01-02T03:04:05Z",
  orders: [
    {
      id: "o1",
      customer: { name: "Ada", country: "DE" },
      items: [
        { sku: "s1", price: 1.5, count: 2 },
        { sku: "s2", price: 10, count: 1 },
      ],
    },
    { id: "o2", customer: { name: "Bob" }, items: [{ sku: "s1", price: 3, count: 4 }], note: "größer" },
    { id: "o3", items: { sku: "s9", price: 7, count: 1 }, "odd name": [[1, 2], [3]] },
  ],
  tree: { name: "r", children: [{ name: "x", children: [{ name: "y" }] }, { name: "z" }] },
};
const LIST = [{ k: "x", v: 3 }, { k: "y", v: 1 }, { k: "x", v: [2, 5] }, { w: { k: "z" } }];
// What the paths of each document can give, by type.
const PATHS = [
  {
    document: ORDERS,
    number: ["total", "counts[0]", "orders[0].items[1].price", "orders[2].items.count", "$count(orders)"],
    text: [
      "account",
      "tags[1]",
      "orders[1].note",
      "orders[0].customer.name",
      "when",
      "tree.children[0].name",
    ],
    truth: ["open", "mixed[-1]", "$exists(orders.note)"],
    numbers: ["counts", "orders.items.price", "orders.items.count", 'orders."odd name"', "none"],
    texts: ["tags", "orders.id", "orders.items.sku", "orders.customer.name", "tree.**.name"],
    objects: [
      "orders",
      "orders.items",
      "orders.customer",
      "tree.children",
      "tree.**[name]",
      "orders[0].items",
    ],
    object: ["orders[0]", "tree", "empty", "orders[1].customer", "orders.items[0][0]"],
    names: [
      "id",
      "name",
      "price",
      "items",
      "sku",
      "customer",
      "count",
      "children",
      "absent",
      "`odd name`",
      "n",
    ],
  },
  {
    document: LIST,
    number: ["$[0].v", "$[1].v", "$count($)"],
    text: ["$[0].k", "$[3].w.k"],
    truth: ["$exists($.w)"],
    numbers: ["v", "$.v", '$[k = "x"].v'],
    texts: ["k", "$.k", "**.k"],
    objects: ["$", "$[k]", "$.w", "$[v]"],
    object: ["$[0]", "$[3]", "$[3].w"],
    names: ["k", "v", "w", "absent"],
  },
];

// --- expressions, by what they should give; `depth` is how many may be inside ---

let paths;
let variables;
const inside = (names, make) => {
  const around = variables;
  variables = [...variables, ...names];
  const made = make();
  variables = around;
  return made;
};
// Now and then of another type.
const TYPES = ["number", "text", "truth", "numbers", "texts", "objects", "object", "anything"];
const a = (type, depth) => (chance(0.04) ? make[pick(TYPES)](depth - 1) : make[type](depth - 1));
// What never fails: of many, all but one.
const safe = () =>
  one(
    () => pick(LITERALS),
    () => pick(paths[pick(TYPES.slice(0, 7))]),
    () => pick(paths.names),
  );
const LITERALS = [
  "0",
  "1",
  "-2",
  "2.5",
  "1e3",
  '""',
  '"a"',
  '"b c"',
  "'ü'",
  "true",
  "false",
  "null",
  "[]",
  "{}",
  '[1,"a"]',
  '{"a":1}',
];
const PATTERNS = [
  "/a/",
  "/[a-z]+/i",
  "/(o)(r)?/",
  "/\\d+/",
  "/^./",
  "/[aeiou]/",
  "/,\\s*/",
  "/(?:x|y)/i",
  "/r$/m",
  "/\\w/",
];

function lambda(count, type, depth) {
  const names = ["$x", "$i", "$l"].slice(0, count);
  return `${pick(["function", "λ"])}(${names.join(", ")}) { ${inside(names, () => a(type, depth))} }`;
}

function step(depth) {
  return one(
    () => pick(paths.names),
    () => pick(paths.names),
    () => pick(paths.names),
    () => "*",
    () => "**",
    () => "$",
    () => `(${a("anything", depth)})`,
    () => `[${a("anything", depth)}]`,
    () => `{"r": ${safe()}}`,
    () => `$string(${pick(paths.names)})`,
  );
}

function predicate(depth) {
  return one(
    () => `[${whole(-2, 2)}]`,
    () => "[]",
    () => `[[${whole(0, 1)}..${whole(1, 2)}]]`,
    () => `[${a("truth", depth)}]`,
    () => `[${pick(paths.names)} ${pick(["=", "!=", "in"])} ${safe()}]`,
    () => `[${pick(paths.names)}]`,
  );
}

function path(depth) {
  let made = one(
    () => pick(paths.objects),
    () => pick(paths.objects),
    () => pick(paths.names),
    () => (variables.length ? pick(variables) : "$"),
  );
  const around = variables;
  for (let steps = whole(0, 3); steps > 0; --steps) {
    if (chance(0.25)) made += predicate(depth);
    if (chance(0.06)) made += "#$n";
    if (chance(0.06)) made += "@$j";
    if (made.includes("#$n")) variables = [...variables, "$n"];
    if (made.includes("@$j")) variables = [...variables, "$j"];
    made += `.${chance(0.08) ? "%" : step(depth)}`;
  }
  if (chance(0.25)) made += predicate(depth);
  if (chance(0.08)) made += `^(${pick(["", "<", ">"])}${pick(paths.names)})`;
  else if (chance(0.06)) made += `{"g" & $string(${pick(paths.names)}): ${safe()}}`;
  variables = around;
  return made;
}

function bound(type, depth) {
  const name = pick(["$a", "$b"]);
  return `(${name} := ${a("anything", depth)}; ${inside([name], () => a(type, depth))})`;
}

const chosen = (type, depth) =>
  `(${a("truth", depth)} ? ${a(type, depth)}${chance(0.85) ? ` : ${a(type, depth)}` : ""})`;

const make = {
  number(depth) {
    if (depth <= 0)
      return one(
        () => pick(["0", "1", "-3", "7", "2.5", "0.125", "1e3", "-1.5"]),
        () => pick(paths.number),
      );
    return one(
      () => `(${a("number", depth)} ${pick(["+", "-", "*"])} ${a("number", depth)})`,
      () => `(${a("number", depth)} ${pick(["/", "%"])} 4)`,
      () => `-${pick(paths.number)}`,
      () => `$${pick(["sum", "max", "min", "average"])}(${a("numbers", depth)})`,
      () => `$length(${a("text", depth)})`,
      () => `$${pick(["abs", "floor", "ceil", "sqrt"])}(${a("number", depth)})`,
      () => `$round(${a("number", depth)}, ${whole(-2, 3)})`,
      () => `$power(${whole(-9, 9)}, ${whole(0, 4)})`,
      () => `$count(${a("anything", depth)})`,
      () =>
        `$number(${one(
          () => a("text", depth),
          () => `"${whole(-99, 99)}.5"`,
          () => a("truth", depth),
        )})`,
      () => `$parseInteger("${whole(0, 9)},${whole(100, 999)}", "#,##0")`,
      () => `$reduce(${a("numbers", depth)}, ${lambda(2, "number", depth)})`,
      () => `$toMillis(${chance(0.5) ? '"2026-05-06"' : "when"}, "[Y]-[M]-[D]")`,
      () => chosen("number", depth),
      () => bound("number", depth),
      () => pick(paths.number),
      () => `${pick(paths.objects)}.${pick(paths.names)}[0]`,
    );
  },
  text(depth) {
    if (depth <= 0)
      return one(
        () => pick(['""', '"abc"', '"Hello, World"', '"x,y"', '"12"', "'ünï'"]),
        () => pick(paths.text),
      );
    return one(
      () => `(${a("anything", depth)} & ${a("text", depth)})`,
      () => `$string(${a("anything", depth)})`,
      () =>
        `$${pick(["uppercase", "lowercase", "trim", "base64encode", "encodeUrlComponent", "decodeUrl"])}(${a("text", depth)})`,
      () => `$substring(${a("text", depth)}, ${whole(-4, 4)}${chance(0.6) ? `, ${whole(-1, 4)}` : ""})`,
      () => `$substring${pick(["Before", "After"])}(${a("text", depth)}, ${a("text", depth)})`,
      () => `$pad(${a("text", depth)}, ${whole(-9, 9)}${chance(0.5) ? ', "#-"' : ""})`,
      () => `$join(${a("texts", depth)}${chance(0.6) ? ', ", "' : ""})`,
      () => `$type(${a("anything", depth)})`,
      () =>
        `$replace(${a("text", depth)}, ${pick(PATTERNS)}, ${one(
          () => '"[$0]"',
          () => '"$1$2"',
          () => '""',
          () => "λ($m) { $m.match & $m.index }",
        )})`,
      () => `$replace(${a("text", depth)}, "a", "$1"${chance(0.4) ? `, ${whole(0, 3)}` : ""})`,
      () => `$formatNumber(${a("number", depth)}, ${pick(['"#,##0.00"', '"0"', '"00.0%"', '"#0;(0)"'])})`,
      () => `$formatBase(${a("number", depth)}, ${whole(2, 36)})`,
      () => `$formatInteger(${a("number", depth)}, ${pick(['"w"', '"I"', '"#,##0"', '"a"'])})`,
      () => `$fromMillis(${whole(0, 2e9) * 1000}, "[Y0001]-[M01]-[D01] [FNn]")`,
      () => `(${a("text", depth)} ~> $uppercase)`,
      () => `(${a("text", depth)} ~> $substringBefore("a") ~> $length())`,
      () => `(${a("text", depth)} ~> ($trim ~> $uppercase))`,
      () => chosen("text", depth),
      () => bound("text", depth),
      () => pick(paths.text),
    );
  },
  truth(depth) {
    if (depth <= 0)
      return one(
        () => pick(["true", "false"]),
        () => pick(paths.truth),
      );
    return one(
      () => `(${a("anything", depth)} ${pick(["=", "!="])} ${a("anything", depth)})`,
      () => `(${a("number", depth)} ${pick(["<", ">", "<=", ">="])} ${a("number", depth)})`,
      () => `(${a("text", depth)} ${pick(["<", ">", "<=", ">="])} ${a("text", depth)})`,
      () => `(${a("text", depth)} in ${a("texts", depth)})`,
      () => `(${a("anything", depth)} ${pick(["and", "or"])} ${a("truth", depth)})`,
      () => `$${pick(["boolean", "not", "exists"])}(${a("anything", depth)})`,
      () =>
        `$contains(${a("text", depth)}, ${one(
          () => a("text", depth),
          () => pick(PATTERNS),
        )})`,
      () => pick(paths.truth),
    );
  },
  numbers(depth) {
    if (depth <= 0)
      return one(
        () => pick(["[3,1,2]", "[]", "[1..4]", "[[1,2],3]"]),
        () => pick(paths.numbers),
      );
    return one(
      () => `[${whole(-2, 3)}..${whole(0, 6)}]`,
      () => `$map(${a("numbers", depth)}, ${lambda(whole(1, 3), "number", depth)})`,
      () => `$filter(${a("numbers", depth)}, ${lambda(whole(1, 3), "truth", depth)})`,
      () => `$append(${a("numbers", depth)}, ${a("numbers", depth)})`,
      () => `$sort(${a("numbers", depth)})`,
      () => `$${pick(["reverse", "distinct"])}(${a("numbers", depth)})`,
      () => `${pick(paths.objects)}.(${a("number", depth)})`,
      () => `$map(${a("numbers", depth)}, $append(?, ${safe()}))`,
      () => pick(paths.numbers),
    );
  },
  texts(depth) {
    if (depth <= 0)
      return one(
        () => pick(['["b","a"]', "[]", '["x"]']),
        () => pick(paths.texts),
      );
    return one(
      () =>
        `$split(${a("text", depth)}, ${one(
          () => '","',
          () => '" "',
          () => '""',
          () => pick(PATTERNS),
        )}${chance(0.3) ? `, ${whole(0, 3)}` : ""})`,
      () =>
        `$map(${a("texts", depth)}, ${one(
          () => "$uppercase",
          () => "$string",
          () => lambda(2, "text", depth),
        )})`,
      () => `$keys(${a("object", depth)})`,
      () => `$sort(${a("texts", depth)}${chance(0.5) ? ", function($l, $r) { $l < $r }" : ""})`,
      () => `$each(${a("object", depth)}, λ($v, $k) { $k })`,
      () => `$match(${a("text", depth)}, ${pick(PATTERNS)}).match`,
      () => `${pick(paths.objects)}.(${a("text", depth)})`,
      () => pick(paths.texts),
    );
  },
  objects(depth) {
    if (depth <= 0)
      return one(
        () => pick(['[{"f":1},{"f":2}]', '{"f":3}', "[]"]),
        () => pick(paths.objects),
      );
    return one(
      () => `${pick(paths.objects)}^(${pick(["", "<", ">"])}${pick(paths.names)})`,
      () => `${pick(paths.objects)}[${a("truth", depth)}]`,
      () => `$filter(${a("objects", depth)}, ${lambda(1, "truth", depth)})`,
      () => `$spread(${a("object", depth)})`,
      () => `${pick(paths.objects)}.{"a": ${safe()}, "b": ${safe()}}`,
      () => `$append(${a("objects", depth)}, ${a("object", depth)})`,
      () => `$match(${a("text", depth)}, ${pick(PATTERNS)})`,
      () => `$zip(${a("numbers", depth)}, ${a("texts", depth)})`,
      () =>
        `$sort(${a("objects", depth)}, function($l, $r) { $l.${pick(paths.names)} > $r.${pick(paths.names)} })`,
      () => pick(paths.objects),
    );
  },
  object(depth) {
    if (depth <= 0)
      return one(
        () => pick(['{"a":1,"b":"c"}', "{}", '{"k":[1,2]}']),
        () => pick(paths.object),
      );
    return one(
      () => `{"p": ${a("anything", depth)}, "q": ${safe()}}`,
      () => `${pick(paths.objects)}{"g" & $string(${pick(paths.names)}): ${safe()}}`,
      () => `$merge([${a("object", depth)}, ${pick(paths.object)}])`,
      () => `$sift(${a("object", depth)}, ${lambda(2, "truth", depth)})`,
      () =>
        `(${a("object", depth)} ~> |${pick(paths.names)}|{"new": ${pick(LITERALS)}}${chance(0.4) ? ', ["name", "a"]' : ""}|)`,
      () => `$single(${a("objects", depth)}, ${lambda(1, "truth", depth)})`,
      () => `$lookup(${a("object", depth)}, "${pick(["a", "name", "id"])}")`,
      () => chosen("object", depth),
      () => pick(paths.object),
    );
  },
  anything(depth) {
    if (depth <= 0)
      return one(
        safe,
        safe,
        () => (variables.length ? pick(variables) : "$"),
        () => pick(["$x", "$$", "$absent"]),
      );
    return one(
      () => path(depth),
      () => path(depth),
      () => path(depth),
      () => make[pick(TYPES.slice(0, 7))](depth),
      () => make[pick(TYPES.slice(0, 7))](depth),
      () => make[pick(TYPES.slice(0, 7))](depth),
      () => `[${a("anything", depth)}, ${safe()}, ${safe()}]`,
      () => bound("anything", depth),
      () => `(${a("anything", depth)} ${pick(["??", "?:"])} ${a("anything", depth)})`,
      () => `(${a("anything", depth)})${predicate(depth)}`,
      () => `${lambda(1, "anything", depth)}(${a("anything", depth)})`,
      () => `(${a("anything", depth)} ~> ${lambda(1, "anything", depth)})`,
      () => `$reduce(${a("texts", depth)}, ${lambda(2, "text", depth)}, ${safe()})`,
      () => `$assert(${a("truth", depth)}, "no")`,
      () => `($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $f(${whole(0, 9)}))`,
      () => `$distinct(${a("anything", depth)})`,
    );
  },
};

// --- mistakes: tokens that are gone, come twice, or in another's place ---

const TOKENS =
  /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|\$?[\wλüïö]+|\*\*|:=|!=|>=|<=|~>|\.\.|\?\?|\?:|\S/g;
const OTHERS = [
  ".",
  "[",
  "]",
  "{",
  "}",
  "(",
  ")",
  ",",
  ";",
  ":",
  "?",
  "+",
  "-",
  "*",
  "%",
  "=",
  "<",
  "^",
  "**",
  "..",
  ":=",
  "!=",
  "~>",
  "and",
  "or",
  "in",
  "&",
  "??",
  "?:",
  "$",
  "$$",
  "$x",
  "function",
  "null",
  "true",
  "1",
  '"s"',
  "`a b`",
  "name",
  "@",
  "#",
  "|",
];

function mistaken(text) {
  const tokens = text.match(TOKENS);
  for (let times = whole(1, 2); times > 0; --times) {
    const at = whole(0, tokens.length - 1);
    one(
      () => tokens.splice(at, 1),
      () => tokens.splice(at, 0, pick(OTHERS)),
      () => (tokens[at] = pick(OTHERS)),
      () => tokens.splice(at, 0, pick(tokens)),
    );
    if (tokens.length === 0) tokens.push("1");
  }
  return tokens.join(" ");
}

function expression() {
  paths = pick(PATHS);
  variables = [];
  const text = make.anything(whole(1, 4));
  const hasPattern = PATTERNS.some((pattern) => text.includes(pattern));
  if (hasPattern && /\?[?:]/.test(text)) return expression();
  // How a slash is read depends on what stands before it.
  return chance(0.2) && !hasPattern ? mistaken(text) : text;
}

// --- what the reference implementation makes of them ---

const isFunction = (value) =>
  typeof value === "function" || value?._jsonata_function || value?._jsonata_lambda;

// The members of a test that say what is expected; nothing for what is not compared.
async function expected(text, document) {
  let value;
  try {
    value = await jsonata(text, { stack: STACK, timeout: MILLIS }).evaluate(structuredClone(document));
  } catch (error) {
    return error.code && !ENDLESS.includes(error.code) ? { error: { code: error.code } } : null;
  }
  if (value === undefined) return { undefinedResult: true };
  if (isFunction(value)) return { error: { code: "U1002" } };
  let isNumber = true;
  const result = JSON.parse(
    JSON.stringify(value, (_, part) => {
      if (typeof part === "number" && !Number.isFinite(part)) isNumber = false;
      return isFunction(part) ? "" : part;
    }),
  );
  return isNumber ? { result } : null;
}

const made = new Set();
while (made.size < COUNT) {
  const text = expression();
  if (made.has(text) || text.length > 1000) continue;
  made.add(text);
  const outcome = await expected(text, paths.document);
  if (outcome !== null)
    console.log(JSON.stringify({ id: text, expr: text, data: paths.document, ...outcome }));
}
