//! Copies the C API's generated headers to the place where the C++ build looks for them.
use std::{env, fs, path::Path};

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

fn main() {
    println!("cargo:rerun-if-env-changed=WEFT_ENGINE_INCLUDE");
    let source = env::var("DEP_WASMTIME_C_API_INCLUDE").expect("the C API exports its headers");
    if let Ok(target) = env::var("WEFT_ENGINE_INCLUDE") {
        copy_tree(Path::new(&source), Path::new(&target)).expect("headers can be copied");
    }
}
