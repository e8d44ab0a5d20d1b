// An SE2 host for Node.js: main.mjs FOLDER [PAYLOAD…]. Without a payload, standard input is one.
import process from "node:process";
import { buffer } from "node:stream/consumers";
import { Plugin, PluginError } from "./plugin.mjs";

const [folder, ...payloads] = process.argv.slice(2);

function run(plugin, payload) {
  try {
    process.stdout.write(plugin.run(payload));
    process.stdout.write("\n");
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    console.error(`error ${error.code}: ${error.message.trimEnd()}`);
    process.exitCode = 1;
  }
}

try {
  if (folder === undefined) throw new Error("which plugin? main.mjs FOLDER [PAYLOAD…]");
  const plugin = await Plugin.load(folder, { guests: process.env.WEFT_PYTHON || undefined });
  for (const payload of payloads.length > 0 ? payloads : [await buffer(process.stdin)]) run(plugin, payload);
} catch (error) {
  console.error(`node-se2: ${error.message}`);
  process.exitCode = 2;
}
