//! Where in a text stands what is at an offset of the binary module that is made from it.
use std::ops::Range;

use wasmparser::{FromReader, FunctionBody, Parser, Payload, SectionLimited};
use wast::core::{Func, FuncKind, Module, ModuleField, ModuleKind};
use wast::parser::{self, ParseBuffer};
use wast::token::Span;
use wast::Wat;

use crate::text::weft_text_t;
use crate::wat::weft_wat_error_t;

/// The fields of one kind stand in a section in the order of the text.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Type,
    Import,
    Func,
    Table,
    Memory,
    Global,
    Export,
    Start,
    Elem,
    Data,
    Tag,
    Custom,
}

fn kind_and_span(field: &ModuleField<'_>) -> (Kind, Span) {
    match field {
        ModuleField::Type(field) => (Kind::Type, field.span),
        ModuleField::Rec(field) => (Kind::Type, field.span),
        ModuleField::Import(field) => (Kind::Import, field.span),
        ModuleField::Func(field) => (Kind::Func, field.span),
        ModuleField::Table(field) => (Kind::Table, field.span),
        ModuleField::Memory(field) => (Kind::Memory, field.span),
        ModuleField::Global(field) => (Kind::Global, field.span),
        ModuleField::Export(field) => (Kind::Export, field.span),
        ModuleField::Start(index) => (Kind::Start, index.span()),
        ModuleField::Elem(field) => (Kind::Elem, field.span),
        ModuleField::Data(field) => (Kind::Data, field.span),
        ModuleField::Tag(field) => (Kind::Tag, field.span),
        ModuleField::Custom(_) => (Kind::Custom, Span::from_offset(0)),
    }
}

/// Which entry of the section holds the offset; the first one for what stands before all of them.
fn entry_at<'a, T: FromReader<'a>>(section: SectionLimited<'a, T>, offset: usize) -> usize {
    // An entry that cannot be read is the one.
    let entries = section.into_iter_with_offsets();
    entries.take_while(|entry| entry.as_ref().map_or(true, |(at, _)| *at <= offset)).count().saturating_sub(1)
}

/// Instructions of the text and of the binary are the same ones, but for the function's last `end`.
fn instruction_span(function: &Func<'_>, body: &FunctionBody<'_>, offset: usize) -> Option<Span> {
    let FuncKind::Inline { expression, .. } = &function.kind else { return None };
    let operators = body.get_operators_reader().ok()?.into_iter_with_offsets();
    let before = operators.map_while(Result::ok).take_while(|(_, at)| *at < offset).count();
    expression.instr_spans.as_ref()?.get(before).copied()
}

fn span_at(fields: &[ModuleField<'_>], module: &[u8], offset: usize) -> Option<Span> {
    let nth = |kind: Kind, index: usize| fields.iter().filter(|field| kind_and_span(field).0 == kind).nth(index);
    let span_of = |kind: Kind, index: usize| nth(kind, index).map(|field| kind_and_span(field).1);
    let holds = |range: Range<usize>| range.start <= offset && offset <= range.end;
    let mut functions = 0;
    for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
        let (kind, index) = match payload {
            Payload::TypeSection(section) if holds(section.range()) => (Kind::Type, entry_at(section, offset)),
            Payload::ImportSection(section) if holds(section.range()) => (Kind::Import, entry_at(section, offset)),
            Payload::FunctionSection(section) if holds(section.range()) => (Kind::Func, entry_at(section, offset)),
            Payload::TableSection(section) if holds(section.range()) => (Kind::Table, entry_at(section, offset)),
            Payload::MemorySection(section) if holds(section.range()) => (Kind::Memory, entry_at(section, offset)),
            Payload::TagSection(section) if holds(section.range()) => (Kind::Tag, entry_at(section, offset)),
            Payload::GlobalSection(section) if holds(section.range()) => (Kind::Global, entry_at(section, offset)),
            Payload::ExportSection(section) if holds(section.range()) => (Kind::Export, entry_at(section, offset)),
            Payload::StartSection { range, .. } if holds(range.clone()) => (Kind::Start, 0),
            Payload::ElementSection(section) if holds(section.range()) => (Kind::Elem, entry_at(section, offset)),
            Payload::DataSection(section) if holds(section.range()) => (Kind::Data, entry_at(section, offset)),
            Payload::CodeSectionEntry(body) => {
                let index = functions;
                functions += 1;
                if !body.range().contains(&offset) {
                    continue;
                }
                if let Some(ModuleField::Func(function)) = nth(Kind::Func, index) {
                    return instruction_span(function, &body, offset).or(Some(function.span));
                }
                return None;
            }
            _ => continue,
        };
        return span_of(kind, index);
    }
    None
}

fn locate(text: &str, offset: usize) -> Option<Span> {
    let mut buffer = ParseBuffer::new(text).ok()?;
    buffer.track_instr_spans(true);
    let mut ast = parser::parse::<Wat>(&buffer).ok()?;
    // Encoding also brings the fields into their final form and order.
    let module = ast.encode().ok()?;
    match &ast {
        Wat::Module(Module { kind: ModuleKind::Text(fields), .. }) => span_at(fields, &module, offset),
        _ => None,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn weft_wat_locate(text: weft_text_t, offset: u64, place: &mut weft_wat_error_t) -> bool {
    let text = unsafe { std::slice::from_raw_parts(text.data, text.size) };
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let Some(span) = locate(text, offset as usize) else { return false };
    let (line, column) = span.linecol_in(text);
    place.line = line as u64 + 1;
    place.column = column as u64 + 1;
    true
}
