//! How long a plugin's whole life takes in Extism: an instance of compiled code, one call, and its end.
//!
//!     extism-lives FILE EXPORT LIVES
//!
//! Prints the CPU time of the process for one life, in nanoseconds.
use extism::{CompiledPlugin, Error, Manifest, Plugin, PluginBuilder, Wasm};

fn cpu_ns() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a place for the answer.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut now) };
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

fn live(compiled: &CompiledPlugin, export: &str) -> Result<(), Error> {
    Plugin::new_from_compiled(compiled)?.call::<&[u8], &[u8]>(export, b"")?;
    Ok(())
}

fn main() -> Result<(), Error> {
    let words: Vec<String> = std::env::args().collect();
    let [_, file, export, lives] = words.as_slice() else { panic!("extism-lives FILE EXPORT LIVES") };
    let lives: i64 = lives.parse()?;
    let manifest = Manifest::new([Wasm::data(std::fs::read(file)?)]);
    let compiled = CompiledPlugin::new(PluginBuilder::new(manifest).with_cache_disabled())?;
    for _ in 0..lives / 10 {
        live(&compiled, export)?;
    }
    let begin = cpu_ns();
    for _ in 0..lives {
        live(&compiled, export)?;
    }
    println!("{}", (cpu_ns() - begin) / lives);
    Ok(())
}
