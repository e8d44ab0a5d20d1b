using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(
    name = "main",
    worker = (
      modules = [
        (name = "worker.mjs", esModule = embed "workerd.mjs"),
        (name = "module.wasm", wasm = embed "module.wasm"),
      ],
      compatibilityDate = "2026-01-01",
      bindings = [(name = "STATE", text = "@STATE@")],
    ),
  )],
  sockets = [(name = "http", address = "127.0.0.1:@PORT@", http = (), service = "main")],
);
