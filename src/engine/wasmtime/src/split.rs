//! Splits a module into code and the state that it begins with, so that an instance can be put back to its beginning
//! instead of being made anew: the data becomes an image that the host maps and restores, the start function an export
//! that the host calls, and every global that changes can be reached. A module that no reset puts back is split all the same
//! where that is possible: mapping its data is cheaper than copying it.
use std::ffi::c_void;

use wasmparser::{
    BinaryReaderError, CompositeInnerType, ConstExpr, DataKind, DataSectionReader, ElementItems, ExportSectionReader,
    FunctionBody, GlobalSectionReader, ImportSectionReader, Imports, MemorySectionReader, Operator, Parser, Payload,
    RefType, TypeRef, ValType,
};

use crate::encode::{push_bytes, push_number, push_section};
use crate::text::{weft_sink_t, weft_text_t};

const EXPORT_SECTION: u8 = 7;
const START_SECTION: u8 = 8;
const CODE_SECTION: u8 = 10;
const DATA_SECTION: u8 = 11;
const DATA_COUNT_SECTION: u8 = 12;

const EXPORTED_FUNCTION: u8 = 0;
const EXPORTED_MEMORY: u8 = 2;
const EXPORTED_GLOBAL: u8 = 3;

const PASSIVE: u8 = 1;

/// Each is set anew at each reset. Compilers make a handful.
const MUTABLE_GLOBALS_MAX: usize = 1000;

/// As MemoryImage has them.
const EXTENTS_MAX: usize = 8;
const HOST_PAGE_BYTES: u64 = 4096;

/// What lies between pieces of data in one extent is part of the image: a guest that reads it makes the system store it.
const PADDING_BYTES_FREE: u64 = 1 << 20;

/// Why a module cannot be split.
enum Obstacle {
    Is(&'static str),
    Malformed(BinaryReaderError),
}

/// What the host's exports begin with.
const PREFIX: &str = "weft.";

impl From<BinaryReaderError> for Obstacle {
    fn from(error: BinaryReaderError) -> Obstacle {
        Obstacle::Malformed(error)
    }
}

fn is(reason: &'static str) -> Obstacle {
    Obstacle::Is(reason)
}

struct Segment<'a> {
    offset: u64,
    bytes: &'a [u8],
}

/// Whether the image would have much between the pieces of data: more than a MiB and than their own pages.
fn is_far_apart(segments: &[Segment<'_>]) -> bool {
    let page = |offset: u64| offset / HOST_PAGE_BYTES;
    let mut pieces: Vec<(u64, u64)> = segments
        .iter()
        .filter(|segment| !segment.bytes.is_empty())
        .map(|segment| (page(segment.offset), page(segment.offset + segment.bytes.len() as u64 - 1) + 1))
        .collect();
    pieces.sort_unstable();
    let (mut used, mut end) = (0, 0);
    let mut gaps = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 && piece.0 > end {
            gaps.push(piece.0 - end);
        }
        used += piece.1.saturating_sub(end.max(piece.0));
        end = end.max(piece.1);
    }
    gaps.sort_unstable_by(|a, b| b.cmp(a));
    let padding: u64 = gaps.iter().skip(EXTENTS_MAX - 1).sum();
    padding > used + page(PADDING_BYTES_FREE)
}

/// What there is beside code, and what is left of the sections that change.
#[derive(Default)]
struct State<'a> {
    memory_bytes: Option<u64>,
    /// Values of globals as far as an offset may refer to them, by index.
    globals: Vec<Option<u64>>,
    mutable_globals: Vec<u32>,
    segments: Vec<Segment<'a>>,
    /// For the data section: empty and passive what was active, so that indexes stay.
    remaining_data: Vec<&'a [u8]>,
    has_data_count: bool,
    start: Option<u32>,
    /// Why an instance cannot be put back, the first reason.
    lasting: Option<&'static str>,
}

/// A constant expression of integers; None for one that only an instance can work out.
fn value_of(expression: &ConstExpr<'_>, globals: &[Option<u64>]) -> Result<Option<u64>, BinaryReaderError> {
    let mut stack: Vec<u64> = Vec::new();
    let binary = |stack: &mut Vec<u64>, of: fn(u64, u64) -> u64| {
        let (right, left) = (stack.pop(), stack.pop());
        left.zip(right).map(|(left, right)| stack.push(of(left, right)))
    };
    for operator in expression.get_operators_reader() {
        let done = match operator? {
            Operator::I32Const { value } => Some(stack.push(u64::from(value as u32))),
            Operator::I64Const { value } => Some(stack.push(value as u64)),
            Operator::GlobalGet { global_index } => {
                globals.get(global_index as usize).copied().flatten().map(|value| stack.push(value))
            }
            Operator::I32Add => binary(&mut stack, |a, b| u64::from((a as u32).wrapping_add(b as u32))),
            Operator::I32Sub => binary(&mut stack, |a, b| u64::from((a as u32).wrapping_sub(b as u32))),
            Operator::I32Mul => binary(&mut stack, |a, b| u64::from((a as u32).wrapping_mul(b as u32))),
            Operator::I64Add => binary(&mut stack, u64::wrapping_add),
            Operator::I64Sub => binary(&mut stack, u64::wrapping_sub),
            Operator::I64Mul => binary(&mut stack, u64::wrapping_mul),
            Operator::End => Some(()),
            _ => None,
        };
        if done.is_none() {
            return Ok(None);
        }
    }
    Ok(stack.pop())
}

fn check_imports(imports: ImportSectionReader<'_>) -> Result<(), Obstacle> {
    for group in imports {
        let group = group?;
        let types: Vec<TypeRef> = match group {
            Imports::Single(_, import) => vec![import.ty],
            _ => return Err(is("its imports are written in a compact form")),
        };
        if types.iter().any(|ty| !matches!(ty, TypeRef::Func(_))) {
            return Err(is("it imports something that is not a function"));
        }
    }
    Ok(())
}

impl<'a> State<'a> {
    fn lasts(&mut self, reason: &'static str) {
        self.lasting.get_or_insert(reason);
    }

    fn read_memories(&mut self, memories: MemorySectionReader<'a>) -> Result<(), Obstacle> {
        for memory in memories {
            let memory = memory?;
            if self.memory_bytes.is_some() {
                return Err(is("it has several memories"));
            }
            if memory.memory64 {
                return Err(is("its memory has 64-bit addresses"));
            }
            if memory.shared {
                return Err(is("its memory is shared"));
            }
            if memory.page_size_log2.is_some() {
                return Err(is("its memory has pages of its own size"));
            }
            self.memory_bytes = Some(memory.initial << 16);
        }
        Ok(())
    }

    fn read_globals(&mut self, globals: GlobalSectionReader<'a>) -> Result<(), Obstacle> {
        for global in globals {
            let global = global?;
            let index = self.globals.len() as u32;
            match global.ty.content_type {
                ValType::Ref(_) if global.ty.mutable => self.lasts("it has a global reference that can change"),
                // Other objects than functions live on the collector's heap, which no reset clears.
                ValType::Ref(RefType::FUNCREF) => {}
                ValType::Ref(_) => self.lasts("it has a global reference to something that is not a function"),
                _ if global.ty.mutable => self.mutable_globals.push(index),
                _ => {}
            }
            if self.mutable_globals.len() > MUTABLE_GLOBALS_MAX {
                return Err(is("it has more than 1000 globals that can change"));
            }
            let value = value_of(&global.init_expr, &self.globals)?;
            self.globals.push(value.filter(|_| !global.ty.mutable));
        }
        Ok(())
    }

    fn read_data(&mut self, data: DataSectionReader<'a>, module: &'a [u8]) -> Result<(), Obstacle> {
        const EMPTY: &[u8] = &[PASSIVE, 0];
        for segment in data {
            let segment = segment?;
            match segment.kind {
                DataKind::Passive => self.remaining_data.push(&module[segment.range]),
                DataKind::Active { offset_expr, .. } => {
                    let Some(offset) = value_of(&offset_expr, &self.globals)? else {
                        return Err(is("the place of its data is not a plain number"));
                    };
                    let end = offset.saturating_add(segment.data.len() as u64);
                    if end > self.memory_bytes.unwrap_or(0) {
                        return Err(is("its data does not fit its memory"));
                    }
                    self.remaining_data.push(EMPTY);
                    self.segments.push(Segment { offset, bytes: segment.data });
                }
            }
        }
        Ok(())
    }

    fn read(module: &'a [u8]) -> Result<State<'a>, Obstacle> {
        let mut state = State::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(groups) => {
                    for group in groups {
                        let is_function = |inner: &CompositeInnerType| matches!(inner, CompositeInnerType::Func(_));
                        if !group?.types().all(|ty| is_function(&ty.composite_type.inner)) {
                            state.lasts("it has structures or arrays");
                        }
                    }
                }
                Payload::TagSection(tags) if tags.count() > 0 => state.lasts("it throws exceptions"),
                Payload::TableSection(tables) => {
                    for table in tables {
                        if table?.ty.element_type != RefType::FUNCREF {
                            state.lasts("it has a table of references that are not functions");
                        }
                    }
                }
                Payload::ImportSection(imports) => check_imports(imports)?,
                Payload::MemorySection(memories) => state.read_memories(memories)?,
                Payload::GlobalSection(globals) => state.read_globals(globals)?,
                Payload::ExportSection(exports) => {
                    for export in exports {
                        if export?.name.starts_with(PREFIX) {
                            return Err(is("it exports a name that begins with \"weft.\""));
                        }
                    }
                }
                Payload::ElementSection(elements) => {
                    for element in elements {
                        if matches!(element?.items, ElementItems::Expressions(ty, _) if ty != RefType::FUNCREF) {
                            state.lasts("it has a segment of references that are not functions");
                        }
                    }
                }
                Payload::StartSection { func, .. } => state.start = Some(func),
                Payload::DataCountSection { .. } => state.has_data_count = true,
                Payload::CodeSectionEntry(body) => state.read_code(&body)?,
                Payload::DataSection(data) => state.read_data(data, module)?,
                _ => {}
            }
        }
        if is_far_apart(&state.segments) {
            return Err(is("its data lies in more than 8 places that are far apart"));
        }
        Ok(state)
    }

    /// Looks for what changes an instance in a way that no reset undoes.
    fn read_code(&mut self, body: &FunctionBody<'_>) -> Result<(), Obstacle> {
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::TableSet { .. }
                | Operator::TableGrow { .. }
                | Operator::TableFill { .. }
                | Operator::TableInit { .. }
                | Operator::TableCopy { .. } => self.lasts("it changes a table"),
                Operator::ElemDrop { .. } | Operator::DataDrop { .. } => self.lasts("it drops a segment"),
                Operator::RefI31 { .. }
                | Operator::I31GetS { .. }
                | Operator::I31GetU { .. }
                | Operator::AnyConvertExtern { .. }
                | Operator::ExternConvertAny { .. } => self.lasts("it uses references to objects"),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The export section with what the host needs.
fn with_exports(section: Option<&[u8]>, state: &State<'_>) -> Result<Vec<u8>, BinaryReaderError> {
    let mut added = Vec::new();
    let mut count = 0;
    let mut add = |name: String, kind: u8, index: u32| {
        push_bytes(&mut added, name.as_bytes());
        added.push(kind);
        push_number(&mut added, index as usize);
        count += 1;
    };
    for (position, index) in state.mutable_globals.iter().enumerate() {
        add(format!("{PREFIX}g{position}"), EXPORTED_GLOBAL, *index);
    }
    if state.memory_bytes.is_some() {
        add(format!("{PREFIX}m"), EXPORTED_MEMORY, 0);
    }
    if let Some(start) = state.start {
        add(format!("{PREFIX}s"), EXPORTED_FUNCTION, start);
    }
    let mut content = Vec::new();
    let Some(section) = section else {
        push_number(&mut content, count);
        content.extend(added);
        return Ok(content);
    };
    let reader = ExportSectionReader::new(wasmparser::BinaryReader::new(section, 0))?;
    push_number(&mut content, reader.count() as usize + count);
    content.extend_from_slice(&section[reader.original_position()..]);
    content.extend(added);
    Ok(content)
}

struct Split {
    code: Vec<u8>,
    plan: Vec<u8>,
}

fn sections_of(module: &[u8]) -> Result<Vec<(u8, &[u8])>, BinaryReaderError> {
    let mut sections = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Some((id, range)) = payload?.as_section() {
            sections.push((id, &module[range]));
        }
    }
    Ok(sections)
}

fn data_section(state: &State<'_>) -> Vec<u8> {
    let mut content = Vec::new();
    push_number(&mut content, state.remaining_data.len());
    for segment in &state.remaining_data {
        content.extend_from_slice(segment);
    }
    content
}

/// Where an export section has to stand at the latest.
fn is_behind_imports_and_globals(id: u8) -> bool {
    (EXPORT_SECTION..=DATA_COUNT_SECTION).contains(&id)
}

fn offset_in(module: &[u8], part: &[u8]) -> usize {
    part.as_ptr() as usize - module.as_ptr() as usize
}

fn split(module: &[u8]) -> Result<Split, Obstacle> {
    let state = State::read(module)?;
    let mut code = module[..8].to_vec();
    let mut shift = 0;
    let mut has_exports = false;
    for (id, content) in sections_of(module)? {
        if !has_exports && is_behind_imports_and_globals(id) {
            has_exports = true;
            let old = (id == EXPORT_SECTION).then_some(content);
            push_section(&mut code, EXPORT_SECTION, &with_exports(old, &state)?);
        }
        match id {
            EXPORT_SECTION | START_SECTION => {}
            DATA_SECTION if state.has_data_count => push_section(&mut code, id, &data_section(&state)),
            DATA_SECTION => {}
            _ => {
                push_section(&mut code, id, content);
                if id == CODE_SECTION {
                    shift = offset_in(module, content) as i64 - (code.len() - content.len()) as i64;
                }
            }
        }
    }
    if !has_exports {
        push_section(&mut code, EXPORT_SECTION, &with_exports(None, &state)?);
    }
    Ok(Split { code, plan: plan_of(&state, shift) })
}

fn plan_of(state: &State<'_>, shift: i64) -> Vec<u8> {
    let mut plan = Vec::new();
    plan.push(u8::from(state.lasting.is_none()));
    plan.push(u8::from(state.memory_bytes.is_some()));
    plan.extend(state.memory_bytes.unwrap_or(0).to_le_bytes());
    plan.push(u8::from(state.start.is_some()));
    plan.extend(shift.to_le_bytes());
    plan.extend((state.mutable_globals.len() as u64).to_le_bytes());
    plan.extend((state.segments.len() as u64).to_le_bytes());
    for segment in &state.segments {
        plan.extend(segment.offset.to_le_bytes());
        plan.extend((segment.bytes.len() as u64).to_le_bytes());
        plan.extend_from_slice(segment.bytes);
    }
    plan
}

fn send(env: *mut c_void, sink: weft_sink_t, bytes: &[u8]) {
    sink(env, bytes.as_ptr(), bytes.len());
}

/// Why instances of a valid module cannot be put back to their beginning; None when they can.
pub fn obstacle(module: &[u8]) -> Option<String> {
    match State::read(module) {
        Ok(state) => state.lasting.map(str::to_owned),
        Err(Obstacle::Is(reason)) => Some(reason.to_owned()),
        Err(Obstacle::Malformed(error)) => Some(error.message().to_owned()),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn weft_split(
    module: weft_text_t,
    env: *mut c_void,
    code: weft_sink_t,
    plan: weft_sink_t,
) -> bool {
    let module = unsafe { std::slice::from_raw_parts(module.data, module.size) };
    let Ok(split) = split(module) else { return false };
    send(env, code, &split.code);
    send(env, plan, &split.plan);
    true
}
