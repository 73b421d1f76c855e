//! A second opinion on the wire format of kdb+: what `kdbplus`, written by others, makes of our messages.
//!
//! second-opinion echo PORT [packed]      one connection is served: every message is decoded and said, a synchronous one
//!                                        is answered with itself, encoded anew (packed: compressed where it is long)
//! second-opinion ask PORT QUESTION ...   questions are put to a server, the answers said
//! second-opinion follow PORT QUESTION N  a question is put, then N messages are awaited and said
//! second-opinion update PORT N           N rows of the table `trade` are made here and published, then counted there

use kdbplus::ipc::*;
use kdbplus::*;
use std::env;

type Failure = Box<dyn std::error::Error>;
type Done<T> = std::result::Result<T, Failure>;

fn say(message: &K) {
    println!("{}", format!("{}", message).replace('\n', "\\n"));
}

async fn connected(port: &str) -> Done<QStream> {
    Ok(QStream::connect(ConnectionMethod::TCP, "127.0.0.1", port.parse()?, "desk:open").await?)
}

async fn echo(port: &str, packed: bool) -> Done<()> {
    let mut socket = QStream::accept(ConnectionMethod::TCP, "127.0.0.1", port.parse()?).await?;
    if packed {
        socket.enforce_compression();
    }
    while let Ok((kind, message)) = socket.receive_message().await {
        say(&message);
        if kind == qmsg_type::synchronous {
            socket.send_message(&message, qmsg_type::response).await?;
        }
    }
    Ok(())
}

async fn ask(port: &str, questions: &[String]) -> Done<()> {
    let mut socket = connected(port).await?;
    for question in questions {
        say(&socket.send_sync_message(&question.as_str()).await?);
    }
    Ok(())
}

async fn follow(port: &str, question: &str, count: usize) -> Done<()> {
    let mut socket = connected(port).await?;
    say(&socket.send_sync_message(&question).await?);
    for _ in 0..count {
        say(&socket.receive_message().await?.1);
    }
    Ok(())
}

async fn update(port: &str, rows: usize) -> Done<()> {
    let mut socket = connected(port).await?;
    let text = |values: &[&str]| {
        let made = (0..rows).map(|row| values[row % values.len()].to_string()).collect();
        K::new_symbol_list(made, qattribute::NONE)
    };
    let columns = vec![
        K::new_timespan_list((0..rows).map(|row| q_timespan_to_duration(row as i64)).collect(), qattribute::NONE),
        text(&["AAPL", "MSFT"]),
        K::new_float_list((0..rows).map(|row| row as f64 + 0.25).collect(), qattribute::NONE),
        K::new_long_list((0..rows).map(|row| row as i64 * 100).collect(), qattribute::NONE),
        text(&["B", "S", ""]),
        text(&["XNAS"]),
    ];
    let message = K::new_compound_list(vec![
        K::new_symbol(String::from(".u.upd")),
        K::new_symbol(String::from("trade")),
        K::new_compound_list(columns),
    ]);
    socket.send_async_message(&message).await?;
    say(&socket.send_sync_message(&"count trade").await?);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    match words[0].as_str() {
        "echo" => echo(&words[1], words.len() > 2).await,
        "ask" => ask(&words[1], &words[2..]).await,
        "follow" => follow(&words[1], &words[2], words[3].parse()?).await,
        _ => update(&words[1], words[2].parse()?).await,
    }
}
