// What Rust's standard library makes of WASI: files, directories, metadata, arguments, time.
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::time::{Duration, Instant, SystemTime};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    assert_eq!(arguments, ["first", "a b"]);
    assert_eq!(std::env::var("NAME").unwrap(), "value");
    assert_eq!(std::env::vars().count(), 1);

    fs::create_dir_all("/tree/below").unwrap();
    fs::write("/tree/file", "text").unwrap();
    assert_eq!(fs::read_to_string("/tree/file").unwrap(), "text");
    let mut file = OpenOptions::new().read(true).append(true).open("/tree/file").unwrap();
    file.write_all(b" and more").unwrap();
    file.seek(SeekFrom::Start(5)).unwrap();
    let mut rest = String::new();
    file.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "and more");
    file.set_len(4).unwrap();
    assert_eq!(fs::metadata("/tree/file").unwrap().len(), 4);
    fs::copy("/tree/file", "/tree/copy").unwrap();
    fs::rename("/tree/copy", "/tree/below/moved").unwrap();
    fs::hard_link("/tree/file", "/tree/hard").unwrap();

    let names: BTreeSet<String> = fs::read_dir("/tree")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["below", "file", "hard"]);
    let modified = fs::metadata("/tree/file").unwrap().modified().unwrap();
    assert!(SystemTime::now().duration_since(modified).unwrap_or_default() < Duration::from_secs(3600));

    assert_eq!(File::open("/nowhere").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(fs::create_dir("/tree").unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert!(fs::remove_dir("/tree").is_err());
    assert!(File::open("/../outside").is_err());
    fs::remove_dir_all("/tree").unwrap();
    assert!(fs::metadata("/tree").is_err());

    let begin = Instant::now();
    std::thread::sleep(Duration::from_millis(20));
    assert!(begin.elapsed() >= Duration::from_millis(20));
    println!("ok");
    std::process::exit(7);
}
