// Serves two connections on the socket that listens as the descriptor of its argument: sends back what comes, doubled.
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::wasi::io::FromRawFd;

fn main() {
    let number: i32 = std::env::args().nth(1).unwrap().parse().unwrap();
    let listener = unsafe { TcpListener::from_raw_fd(number) };
    for _ in 0..2 {
        let (mut stream, _) = listener.accept().unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        stream.write_all(&text).unwrap();
        stream.write_all(&text).unwrap();
    }
    println!("served");
}
