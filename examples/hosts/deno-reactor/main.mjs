// A reactor under Deno: commands come by standard input, answers and callbacks go to standard output.
import { serve } from "../commands.mjs";
import { Reactor } from "../reactor.mjs";

try {
  const reactor = await Reactor.init({
    guests: Deno.env.get("WEFT_PYTHON") || undefined,
    folder: Deno.args[0],
    callback: (told) => console.log(JSON.stringify({ callback: told })),
  });
  await serve(reactor, Deno.stdin.readable, console.log);
  reactor.close();
} catch (error) {
  console.error(`deno-reactor: ${error.message}`);
  Deno.exitCode = 2;
}
