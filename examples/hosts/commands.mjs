// What both hosts of reactors do: each line that they read is a command, a JSON object; each that they write is an answer.

async function* linesOf(chunks) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop();
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function obey(reactor, { do: verb, kind, name, code, values, id }) {
  switch (verb) {
    case "register":
      return reactor.register(kind, name, code);
    case "unregister":
      return reactor.unregister(kind, name);
    case "apply":
      return reactor.apply(kind, name, values, id);
    default:
      throw new TypeError(`there is no command ${JSON.stringify(verb)}: register, unregister, apply`);
  }
}

/** Obeys the commands in `chunks`, the bytes of a stream, until it ends. `write(line)` gets the answers. */
export async function serve(reactor, chunks, write) {
  for await (const line of linesOf(chunks)) {
    if (line.trim() === "") continue;
    try {
      write(JSON.stringify({ value: obey(reactor, JSON.parse(line)) ?? null }));
    } catch (error) {
      write(JSON.stringify({ error: error.name, message: error.message }));
    }
  }
}
