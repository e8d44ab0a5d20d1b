// A reactor under Node.js: commands come by standard input, answers and callbacks go to standard output.
import process from "node:process";
import { serve } from "../commands.mjs";
import { Reactor } from "../reactor.mjs";

try {
  const reactor = await Reactor.init({
    guests: process.env.WEFT_PYTHON || undefined,
    folder: process.argv[2],
    callback: (told) => console.log(JSON.stringify({ callback: told })),
  });
  await serve(reactor, process.stdin, console.log);
  reactor.close();
} catch (error) {
  console.error(`node-reactor: ${error.message}`);
  process.exitCode = 2;
}
