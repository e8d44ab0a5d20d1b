//! Names of functions, for backtraces.
use std::collections::{BTreeMap, HashSet};
use std::ffi::c_void;

use wasmparser::{ExternalKind, KnownCustom, Name, Parser, Payload};

use crate::encode::{push_bytes, push_number, push_section};
use crate::text::{weft_sink_t, weft_text_t};

const CUSTOM_SECTION: u8 = 0;
const FUNCTION_NAMES: u8 = 1;

/// The functions of a valid module that only an export names, each with its first export.
fn nameless_exports(module: &[u8]) -> BTreeMap<u32, &str> {
    let mut exports = BTreeMap::new();
    let mut named = HashSet::new();
    for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
        match payload {
            Payload::ExportSection(section) => {
                for export in section.into_iter().map_while(Result::ok) {
                    if export.kind == ExternalKind::Func {
                        exports.entry(export.index).or_insert(export.name);
                    }
                }
            }
            Payload::CustomSection(custom) => {
                let KnownCustom::Name(names) = custom.as_known() else { continue };
                for name in names.into_iter().map_while(Result::ok) {
                    let Name::Function(functions) = name else { continue };
                    named.extend(functions.into_iter().map_while(Result::ok).map(|naming| naming.index));
                }
            }
            _ => {}
        }
    }
    exports.retain(|index, _| !named.contains(index));
    exports
}

/// A name section with those names.
fn section_of(names: &BTreeMap<u32, &str>) -> Vec<u8> {
    let mut map = Vec::new();
    push_number(&mut map, names.len());
    for (index, name) in names {
        push_number(&mut map, *index as usize);
        push_bytes(&mut map, name.as_bytes());
    }
    let mut content = Vec::new();
    push_bytes(&mut content, b"name");
    content.push(FUNCTION_NAMES);
    push_bytes(&mut content, &map);
    let mut section = Vec::new();
    push_section(&mut section, CUSTOM_SECTION, &content);
    section
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn weft_export_names(module: weft_text_t, env: *mut c_void, sink: weft_sink_t) {
    let module = unsafe { std::slice::from_raw_parts(module.data, module.size) };
    let names = nameless_exports(module);
    if !names.is_empty() {
        let section = section_of(&names);
        sink(env, section.as_ptr(), section.len());
    }
}
