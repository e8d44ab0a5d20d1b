//! Debug information comes from the guest's author, and Wasmtime reads it when a trap is described: recursively, and for
//! every frame. What could exhaust the stack or the thread's time is hidden before compilation.
use gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use wasmparser::{Parser, Payload};

use crate::text::weft_text_t;

/// Deeper than compilers nest scopes, and far from what a stack holds.
const NESTING_MAX: isize = 64;

const PREFIX: &[u8] = b".debug_";

fn is_debug_section(name: &str) -> bool {
    name.as_bytes().starts_with(PREFIX)
}

/// The custom sections with debug information: name and content.
fn debug_sections(module: &[u8]) -> Vec<(&str, &[u8])> {
    let payloads = Parser::new(0).parse_all(module).map_while(Result::ok);
    payloads
        .filter_map(|payload| match payload {
            Payload::CustomSection(custom) if is_debug_section(custom.name()) => {
                Some((custom.name(), custom.data()))
            }
            _ => None,
        })
        .collect()
}

/// Whether entries nest within the limit. Anything that cannot be read counts as no.
fn nests_within_limit(sections: &[(&str, &[u8])]) -> gimli::Result<bool> {
    let load = |id: SectionId| -> gimli::Result<_> {
        let found = sections.iter().find(|(name, _)| *name == id.name());
        Ok(EndianSlice::new(found.map_or(&[][..], |(_, data)| data), LittleEndian))
    };
    let dwarf = Dwarf::load(load)?;
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let abbreviations = dwarf.abbreviations(&header)?;
        let mut entries = header.entries_raw(&abbreviations, None)?;
        while !entries.is_empty() {
            if let Some(entry) = entries.read_abbreviation()? {
                entries.skip_attributes(entry.attributes())?;
            }
            if entries.next_depth() > NESTING_MAX {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn weft_debug_info_is_safe(module: weft_text_t, bytes_max: usize) -> bool {
    let module = unsafe { std::slice::from_raw_parts(module.data, module.size) };
    let sections = debug_sections(module);
    let bytes: usize = sections.iter().map(|(_, data)| data.len()).sum();
    bytes <= bytes_max && nests_within_limit(&sections).unwrap_or(false)
}

/// Renames the sections, so that nobody reads them and every other byte keeps its place.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn weft_hide_debug_info(module: *mut u8, size: usize) {
    let module = unsafe { std::slice::from_raw_parts_mut(module, size) };
    let begin = module.as_ptr() as usize;
    let names: Vec<usize> =
        debug_sections(module).iter().map(|(name, _)| name.as_ptr() as usize - begin).collect();
    for at in names {
        module[at] = b'-';
    }
}
