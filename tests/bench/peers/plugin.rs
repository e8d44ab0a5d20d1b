// A plugin as people write them: it has tables, allocates, sorts, counts and formats. `data.bin`, made by the benchmark, is 2 MB.
use std::collections::HashMap;
use std::fmt::Write;

static DATA: &[u8] = include_bytes!("data.bin");

const TEXT: &str = "a plugin reads what it is given and answers with what it makes of it and that is what it is for";

#[no_mangle]
pub extern "C" fn call() -> i32 {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for word in TEXT.split(' ') {
        *counts.entry(word).or_default() += 1;
    }
    let mut words: Vec<_> = counts.into_iter().collect();
    words.sort();
    let mut answer = String::new();
    for (word, count) in words {
        let place = word.bytes().fold(0usize, |sum, byte| sum * 31 + byte as usize) % DATA.len();
        write!(answer, "{{\"{}\":{},\"{}\"}}", word, count, DATA[place]).unwrap();
    }
    // Extism takes it for success.
    i32::from(answer.is_empty())
}
