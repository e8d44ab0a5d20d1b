//! How much of the system's memory an instance takes beside its linear memories and the elements of its tables: so that it
//! counts, however many globals a module has. An estimate, rather too much than too little.
use wasmparser::{BinaryReaderError, ConstExpr, ElementItems, ElementKind, Operator, Parser, Payload, TableInit, TypeRef};

use crate::text::weft_text_t;

/// Store, used part of the stack, what the host keeps for a guest.
const BASE_BYTES: u64 = 32 << 10;
const GLOBAL_BYTES: u64 = 16;
/// Of the first thousand that change: what a reset sets them to (split.rs).
const CHANGING_GLOBAL_BYTES: u64 = 96;
const CHANGING_GLOBALS_MAX: u64 = 1000;
const IMPORT_BYTES: u64 = 64;
/// Of a function that something refers to: an export, a table, a global.
const REFERENCE_BYTES: u64 = 40;
const TABLE_BYTES: u64 = 128;
const TAG_BYTES: u64 = 32;
const SEGMENT_BYTES: u64 = 64;
/// Passive segments of references are worked out for each instance.
const SEGMENT_ITEM_BYTES: u64 = 16;

#[derive(Default)]
struct Counts {
    imports: u64,
    functions: u64,
    tables: u64,
    tags: u64,
    globals: u64,
    changing_globals: u64,
    segments: u64,
    segment_items: u64,
    /// One function may be referred to several times.
    references: u64,
}

fn references_in(expression: &ConstExpr<'_>) -> Result<u64, BinaryReaderError> {
    let mut count = 0;
    for operator in expression.get_operators_reader() {
        count += u64::from(matches!(operator?, Operator::RefFunc { .. }));
    }
    Ok(count)
}

impl Counts {
    fn read_elements(&mut self, elements: wasmparser::ElementSectionReader<'_>) -> Result<(), BinaryReaderError> {
        for element in elements {
            let element = element?;
            let items = match element.items {
                ElementItems::Functions(functions) => {
                    self.references += u64::from(functions.count());
                    functions.count()
                }
                ElementItems::Expressions(_, expressions) => {
                    let count = expressions.count();
                    for expression in expressions {
                        self.references += references_in(&expression?)?;
                    }
                    count
                }
            };
            self.segments += 1;
            if matches!(element.kind, ElementKind::Passive) {
                self.segment_items += u64::from(items);
            }
        }
        Ok(())
    }

    fn read(&mut self, payload: Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.imports += 1;
                    self.functions += u64::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
            }
            Payload::FunctionSection(functions) => self.functions += u64::from(functions.count()),
            Payload::TableSection(tables) => {
                for table in tables {
                    self.tables += 1;
                    if let TableInit::Expr(expression) = table?.init {
                        self.references += references_in(&expression)?;
                    }
                }
            }
            Payload::TagSection(tags) => self.tags += u64::from(tags.count()),
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let global = global?;
                    self.globals += 1;
                    self.changing_globals += u64::from(global.ty.mutable);
                    self.references += references_in(&global.init_expr)?;
                }
            }
            Payload::ExportSection(exports) => self.references += u64::from(exports.count()),
            Payload::ElementSection(elements) => self.read_elements(elements)?,
            Payload::DataSection(data) => self.segments += u64::from(data.count()),
            _ => {}
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        BASE_BYTES
            + self.imports * IMPORT_BYTES
            // The start function is referred to as well.
            + (self.references + 1).min(self.functions) * REFERENCE_BYTES
            + self.tables * TABLE_BYTES
            + self.tags * TAG_BYTES
            + self.globals * GLOBAL_BYTES
            + self.changing_globals.min(CHANGING_GLOBALS_MAX) * CHANGING_GLOBAL_BYTES
            + self.segments * SEGMENT_BYTES
            + self.segment_items * SEGMENT_ITEM_BYTES
    }
}

/// Of a valid module.
pub fn instance_bytes(module: &[u8]) -> u64 {
    let mut counts = Counts::default();
    for payload in Parser::new(0).parse_all(module) {
        // What cannot be read is in no instance.
        if payload.and_then(|payload| counts.read(payload)).is_err() {
            break;
        }
    }
    counts.bytes()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn weft_instance_bytes(module: weft_text_t) -> u64 {
    instance_bytes(unsafe { std::slice::from_raw_parts(module.data, module.size) })
}
