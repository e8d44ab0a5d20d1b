/// <reference types="vitest/config" />
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const server = process.env["WEFT_SERVER"] ?? "http://127.0.0.1:8080";
// The server takes requests of its own pages only.
const toServer = { target: server, changeOrigin: true, headers: { origin: server } };

// `--mode mock` answers /v1 from dev/mock-api.ts; otherwise /v1 goes to a server that runs already.
export default defineConfig(({ mode }) => ({
  plugins: [react(), ...(mode === "mock" ? [mockApi()] : [])],
  build: {
    target: "es2022",
    // No inline scripts and no data: modules, so that the page runs under default-src 'self'.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // What unzipit would take in Node, and never in a browser.
    rolldownOptions: { external: ["node:worker_threads"] },
  },
  // The content policy of the real server, so that a page which would break under it breaks here.
  preview: {
    headers: {
      "content-security-policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
    },
  },
  server: {
    fs: { allow: [".."] },
    proxy: mode === "mock" ? {} : { "/v1": toServer, "/healthz": toServer },
  },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node" },
}));

function mockApi(): Plugin {
  const load = async () => (await import("./dev/mock-api.ts")).createMockApi();
  return {
    name: "weft-mock-api",
    async configureServer(server) {
      server.middlewares.use(await load());
    },
    async configurePreviewServer(server) {
      server.middlewares.use(await load());
    },
  };
}
