//! Reads a module without compiling it: is it valid, what does it import and export, what state does it have.
use std::collections::HashMap;
use std::ffi::c_void;

use wasmparser::types::{EntityType, TypesRef};
use wasmparser::{
    BinaryReaderError, CompositeInnerType, Encoding, ExternalKind, FuncType, KnownCustom, MemoryType, Name, Parser,
    Payload, ValType, Validator, WasmFeatures,
};

use crate::size::instance_bytes;
use crate::split;
use crate::text::weft_text_t;

#[repr(u8)]
pub enum weft_scan_status_t {
    Ok = 0,
    Invalid = 1,
    Unsupported = 2,
    Component = 3,
    TooLarge = 4,
}

/// Of all names and types that are passed on: what a page can show and a database should keep.
const DESCRIPTION_BYTES_MAX: usize = 4 << 20;

/// Parameters are the first locals; the specification's implementations allow this many.
const PARAMS_MAX: u32 = 1000;
const PARAM_NAMES_MAX: usize = 100_000;

/// Trying other proposals validates the module again for each.
const RETRIED_BYTES_MAX: usize = 4 << 20;

#[repr(C)]
pub struct weft_item_t {
    imported: bool,
    kind: u8,
    module: weft_text_t,
    name: weft_text_t,
    type_text: weft_text_t,
    params: *const u8,
    params_count: usize,
    results: *const u8,
    results_count: usize,
    param_names: *const weft_text_t,
    minimum: u64,
    maximum: u64,
    shared: bool,
    memory64: bool,
}

#[repr(C)]
pub struct weft_scan_t {
    status: weft_scan_status_t,
    error_offset: u64,
    has_start: bool,
    has_debug_info: bool,
    has_mutable_state: bool,
    functions: u32,
    /// Of all tables at the start.
    table_elements: u64,
    /// What an instance takes beside memories and tables.
    instance_bytes: u64,
}

#[repr(C)]
pub struct weft_scan_visitor_t {
    env: *mut c_void,
    item: extern "C" fn(env: *mut c_void, item: &weft_item_t),
    /// Every memory of the module's index space, exported or not.
    memory: extern "C" fn(env: *mut c_void, item: &weft_item_t),
    error: extern "C" fn(env: *mut c_void, message: weft_text_t),
    /// At most once: why instances cannot be put back to their beginning.
    obstacle: extern "C" fn(env: *mut c_void, message: weft_text_t),
}

/// What an item costs beside its texts.
const ITEM_BYTES: usize = 64;

const KIND_FUNC: u8 = 0;
const KIND_TABLE: u8 = 1;
const KIND_MEMORY: u8 = 2;
const KIND_GLOBAL: u8 = 3;
const KIND_TAG: u8 = 4;

/// What the engine is configured to accept (engine.cc makes the same choice).
fn accepted(threads: bool) -> WasmFeatures {
    if threads {
        WasmFeatures::WASM3.union(WasmFeatures::THREADS)
    } else {
        WasmFeatures::WASM3.difference(WasmFeatures::THREADS)
    }
}

fn code_of(value: ValType) -> u8 {
    match value {
        ValType::I32 => 0,
        ValType::I64 => 1,
        ValType::F32 => 2,
        ValType::F64 => 3,
        ValType::V128 => 4,
        ValType::Ref(r) if r == wasmparser::RefType::FUNCREF => 5,
        ValType::Ref(r) if r == wasmparser::RefType::EXTERNREF => 6,
        ValType::Ref(_) => 7,
    }
}

fn list_of(values: &[ValType]) -> String {
    let names: Vec<String> = values.iter().map(ToString::to_string).collect();
    format!("({})", names.join(", "))
}

fn text_of_function(function: &FuncType) -> String {
    let results = match function.results() {
        [one] => one.to_string(),
        many => list_of(many),
    };
    format!("{} -> {}", list_of(function.params()), results)
}

/// One import, export or memory, with the buffers that its C form points into.
struct Item<'a> {
    imported: bool,
    kind: u8,
    module: &'a str,
    name: &'a str,
    type_text: String,
    params: Vec<u8>,
    results: Vec<u8>,
    param_names: Vec<weft_text_t>,
    limits: (u64, Option<u64>),
    shared: bool,
    memory64: bool,
}

impl<'a> Item<'a> {
    /// How many bytes its description takes.
    fn size(&self) -> usize {
        let names: usize = self.param_names.iter().map(|name| name.size + 1).sum();
        self.module.len() + self.name.len() + self.type_text.len() + names + ITEM_BYTES
    }

    fn new(types: TypesRef<'_>, module: Option<&'a str>, name: &'a str, entity: EntityType) -> Item<'a> {
        let mut item = Item {
            imported: module.is_some(),
            kind: KIND_FUNC,
            module: module.unwrap_or(""),
            name,
            type_text: String::new(),
            params: Vec::new(),
            results: Vec::new(),
            param_names: Vec::new(),
            limits: (0, None),
            shared: false,
            memory64: false,
        };
        match entity {
            EntityType::Func(id) | EntityType::FuncExact(id) => {
                let function = types[id].unwrap_func();
                item.type_text = text_of_function(function);
                item.params = function.params().iter().copied().map(code_of).collect();
                item.results = function.results().iter().copied().map(code_of).collect();
            }
            EntityType::Table(table) => {
                item.kind = KIND_TABLE;
                item.type_text = format!("table of {}", table.element_type);
                item.limits = (table.initial, table.maximum);
            }
            EntityType::Memory(memory) => item.set_memory(&memory),
            EntityType::Global(global) => {
                item.kind = KIND_GLOBAL;
                let mutable = if global.mutable { "mutable " } else { "" };
                item.type_text = format!("{mutable}{}", global.content_type);
                item.results = vec![code_of(global.content_type)];
            }
            EntityType::Tag(id) => {
                item.kind = KIND_TAG;
                item.type_text = list_of(types[id].unwrap_func().params());
            }
        }
        item
    }

    fn set_memory(&mut self, memory: &MemoryType) {
        self.kind = KIND_MEMORY;
        self.limits = (memory.initial, memory.maximum);
        self.shared = memory.shared;
        self.memory64 = memory.memory64;
        let shared = if memory.shared { ", shared" } else { "" };
        self.type_text = match memory.maximum {
            Some(maximum) => format!("{} to {} pages{shared}", memory.initial, maximum),
            None => format!("{} pages or more", memory.initial),
        };
    }

    fn visit(&self, env: *mut c_void, visit: extern "C" fn(*mut c_void, &weft_item_t)) {
        let has_names = !self.param_names.is_empty();
        visit(
            env,
            &weft_item_t {
                imported: self.imported,
                kind: self.kind,
                module: weft_text_t::of(self.module),
                name: weft_text_t::of(self.name),
                type_text: weft_text_t::of(&self.type_text),
                params: self.params.as_ptr(),
                params_count: self.params.len(),
                results: self.results.as_ptr(),
                results_count: self.results.len(),
                param_names: if has_names { self.param_names.as_ptr() } else { std::ptr::null() },
                minimum: self.limits.0,
                maximum: self.limits.1.unwrap_or(u64::MAX),
                shared: self.shared,
                memory64: self.memory64,
            },
        );
    }
}

/// What a walk over the sections finds that the validator does not tell.
#[derive(Default)]
struct Sections<'a> {
    has_start: bool,
    has_debug_info: bool,
    has_segments: bool,
    has_objects: bool,
    exported_functions: HashMap<&'a str, u32>,
    local_names: HashMap<u32, HashMap<u32, &'a str>>,
}

fn read_names<'a>(reader: wasmparser::NameSectionReader<'a>, sections: &mut Sections<'a>) {
    let wanted: std::collections::HashSet<u32> =
        sections.exported_functions.values().copied().collect();
    let mut kept = 0;
    // The name section is a custom section: a broken one is ignored, as the specification says.
    for name in reader {
        let Ok(Name::Local(functions)) = name else { continue };
        for function in functions {
            let Ok(function) = function else { return };
            if !wanted.contains(&function.index) {
                continue;
            }
            let locals = function.names.into_iter().map_while(Result::ok);
            let params = locals.take_while(|naming| naming.index < PARAMS_MAX);
            let names: HashMap<u32, &str> = params.map(|naming| (naming.index, naming.name)).collect();
            kept += names.len();
            if kept > PARAM_NAMES_MAX {
                return;
            }
            sections.local_names.insert(function.index, names);
        }
    }
}

fn read_sections(module: &[u8]) -> Result<Sections<'_>, BinaryReaderError> {
    let mut sections = Sections::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::StartSection { .. } => sections.has_start = true,
            // Structures, arrays and exceptions live on a heap that outlasts a call.
            Payload::TagSection(tags) => sections.has_objects |= tags.count() > 0,
            Payload::TypeSection(groups) => {
                for group in groups {
                    let group = group?;
                    sections.has_objects |=
                        group.types().any(|t| !matches!(t.composite_type.inner, CompositeInnerType::Func(_)));
                }
            }
            Payload::DataSection(data) => sections.has_segments |= data.count() > 0,
            Payload::ElementSection(elements) => sections.has_segments |= elements.count() > 0,
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        sections.exported_functions.insert(export.name, export.index);
                    }
                }
            }
            Payload::CustomSection(custom) => match custom.as_known() {
                KnownCustom::Name(names) => read_names(names, &mut sections),
                _ => sections.has_debug_info |= custom.name() == ".debug_line",
            },
            _ => {}
        }
    }
    Ok(sections)
}

fn visit_module(
    module: &[u8],
    types: TypesRef<'_>,
    visitor: &weft_scan_visitor_t,
    out: &mut weft_scan_t,
) -> Result<(), BinaryReaderError> {
    let sections = read_sections(module)?;
    let mut room = DESCRIPTION_BYTES_MAX;
    let mut fits = |item: &Item<'_>| {
        room = room.saturating_sub(item.size());
        room > 0
    };
    for (from, name, entity) in types.core_imports().into_iter().flatten() {
        let item = Item::new(types, Some(from), name, entity);
        if !fits(&item) {
            out.status = weft_scan_status_t::TooLarge;
            return Ok(());
        }
        item.visit(visitor.env, visitor.item);
    }
    for (name, entity) in types.core_exports().into_iter().flatten() {
        let mut item = Item::new(types, None, name, entity);
        let names = sections.exported_functions.get(name).and_then(|i| sections.local_names.get(i));
        if let Some(names) = names {
            let name_of = |i: usize| names.get(&(i as u32)).copied();
            item.param_names = (0..item.params.len()).map(|i| weft_text_t::of_option(name_of(i))).collect();
        }
        if !fits(&item) {
            out.status = weft_scan_status_t::TooLarge;
            return Ok(());
        }
        item.visit(visitor.env, visitor.item);
    }
    for index in 0..types.memory_count() {
        let memory = types.memory_at(index);
        Item::new(types, None, "", EntityType::Memory(memory)).visit(visitor.env, visitor.memory);
    }
    if let Some(reason) = split::obstacle(module) {
        (visitor.obstacle)(visitor.env, weft_text_t::of(&reason));
    }
    out.has_start = sections.has_start;
    out.has_debug_info = sections.has_debug_info;
    out.functions = types.function_count();
    out.table_elements = (0..types.table_count()).fold(0, |sum, i| types.table_at(i).initial.saturating_add(sum));
    out.instance_bytes = instance_bytes(module);
    out.has_mutable_state = sections.has_segments
        || sections.has_objects
        || types.memory_count() > 0
        || types.table_count() > 0
        // A constant reference can still lead to an object that changes.
        || (0..types.global_count()).map(|i| types.global_at(i)).any(|g| g.mutable || g.content_type.is_reference_type());
    Ok(())
}

/// Proposals that tools produce and that the engine does not accept.
const KNOWN_PROPOSALS: [(&str, WasmFeatures); 5] = [
    ("threads", WasmFeatures::THREADS),
    ("legacy-exceptions", WasmFeatures::LEGACY_EXCEPTIONS),
    ("stack-switching", WasmFeatures::STACK_SWITCHING),
    ("custom-page-sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
    ("wide-arithmetic", WasmFeatures::WIDE_ARITHMETIC),
];

/// The proposal without which `module` is not valid, when it is valid with it.
fn missing_proposal(module: &[u8], accepted: WasmFeatures) -> Option<&'static str> {
    if module.len() > RETRIED_BYTES_MAX {
        return None;
    }
    let is_valid_with = |feature: WasmFeatures| {
        Validator::new_with_features(accepted.union(feature)).validate_all(module).is_ok()
    };
    KNOWN_PROPOSALS.iter().find(|(_, feature)| is_valid_with(*feature)).map(|(name, _)| *name)
}

fn fail(visitor: &weft_scan_visitor_t, out: &mut weft_scan_t, error: &BinaryReaderError) {
    out.status = weft_scan_status_t::Invalid;
    out.error_offset = error.offset() as u64;
    (visitor.error)(visitor.env, weft_text_t::of(error.message()));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn weft_scan(
    module: weft_text_t,
    threads: bool,
    visitor: &weft_scan_visitor_t,
    out: &mut weft_scan_t,
) {
    let accepted = accepted(threads);
    let module = unsafe { std::slice::from_raw_parts(module.data, module.size) };
    out.status = weft_scan_status_t::Ok;
    if let Some(Ok(Payload::Version { encoding: Encoding::Component, .. })) =
        Parser::new(0).parse_all(module).next()
    {
        out.status = weft_scan_status_t::Component;
        return;
    }
    let validated = Validator::new_with_features(accepted).validate_all(module);
    match validated {
        Ok(types) => {
            if let Err(error) = visit_module(module, types.as_ref(), visitor, out) {
                fail(visitor, out, &error);
            }
        }
        Err(error) => match missing_proposal(module, accepted) {
            Some(name) => {
                out.status = weft_scan_status_t::Unsupported;
                out.error_offset = error.offset() as u64;
                (visitor.error)(visitor.env, weft_text_t::of(name));
            }
            None => fail(visitor, out, &error),
        },
    }
}
