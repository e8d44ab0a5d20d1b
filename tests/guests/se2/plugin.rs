// What a plugin in Rust does: it answers, fails, logs, prints and panics, as its payload says.
use suborbital::log;
use suborbital::plugin::{Plugin, RunErr};

#[derive(suborbital::Plugin)]
struct Echo;

impl Plugin for Echo {
    fn run(&self, input: Vec<u8>) -> Result<Vec<u8>, RunErr> {
        match input.as_slice() {
            b"fail" => Err(RunErr::new(418, "short and stout")),
            b"log" => {
                log::error("an error");
                log::warn("a warning");
                log::info("a message");
                log::debug("a detail");
                println!("printed");
                Ok(b"logged".to_vec())
            }
            b"panic" => panic!("this plugin panics"),
            _ => Ok(input),
        }
    }
}
