use std::cell::RefCell;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::fs;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

trait Shape {
    fn area(&self) -> f64;
    fn name(&self) -> String {
        "shape".to_string()
    }
}
struct Circle(f64);
struct Square(f64);
impl Shape for Circle {
    fn area(&self) -> f64 {
        std::f64::consts::PI * self.0 * self.0
    }
    fn name(&self) -> String {
        format!("circle {:.1}", self.0)
    }
}
impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Operator(char),
}
#[derive(Debug)]
struct Bad(usize, char);
impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:?} at {}", self.1, self.0)
    }
}
impl std::error::Error for Bad {}

fn tokens(text: &str) -> Result<Vec<Token>, Box<dyn std::error::Error>> {
    let mut result = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            ' ' => {}
            '+' | '-' | '*' | '/' => result.push(Token::Operator(c)),
            '0'..='9' => {
                let mut number = c.to_string();
                while let Some((_, digit)) = rest.next_if(|(_, d)| d.is_ascii_digit() || *d == '.') {
                    number.push(digit);
                }
                result.push(Token::Number(number.parse()?));
            }
            other => return Err(Box::new(Bad(at, other))),
        }
    }
    Ok(result)
}

struct Node {
    value: u32,
    children: RefCell<Vec<Rc<Node>>>,
}
fn sum(node: &Node) -> u32 {
    node.value + node.children.borrow().iter().map(|c| sum(c)).sum::<u32>()
}

struct Loud(&'static str);
impl Drop for Loud {
    fn drop(&mut self) {
        println!("drop {}", self.0);
    }
}

fn files() -> io::Result<()> {
    fs::create_dir_all("made/deep")?;
    let mut file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(true).open("made/deep/f.bin")?;
    for i in 0..1000u32 {
        file.write_all(&i.to_le_bytes())?;
    }
    file.seek(SeekFrom::Start(400))?;
    let mut four = [0; 4];
    file.read_exact(&mut four)?;
    println!("{} {}", u32::from_le_bytes(four), file.metadata()?.len());
    file.set_len(10)?;
    println!("{:?} {:?}", file.seek(SeekFrom::End(0))?, file.seek(SeekFrom::Current(-100)).map_err(|e| e.kind()));
    fs::rename("made/deep/f.bin", "made/g.bin")?;
    fs::copy("made/g.bin", "made/h.bin")?;
    let mut names: Vec<_> = fs::read_dir("made")?.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    println!("{:?} {:?}", names, fs::File::open("none").map(|_| ()).map_err(|e| e.kind()));
    fs::remove_dir_all("made")?;
    println!("{}", fs::metadata("made").is_err());
    Ok(())
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let list = vec![1, 2, 3];
    match args[0].as_str() {
        "panic" => println!("{}", list[args.len() + 6]),
        "exit" => std::process::exit(3),
        _ => {}
    }
    println!("{:?} {:?} {:?}", args, std::env::var("NAME"), std::env::var("NONE"));
    println!("read {} lines", io::stdin().lock().lines().count());

    let shapes: Vec<Box<dyn Shape>> = vec![Box::new(Circle(1.5)), Box::new(Square(2.0))];
    for shape in &shapes {
        println!("{:>12}|{:<10.4}|{:+e}", shape.name(), shape.area(), shape.area());
    }
    let mut words: HashMap<&str, usize> = HashMap::new();
    for word in "the cow jumped over the moon and the cow fell".split(' ') {
        *words.entry(word).or_default() += 1;
    }
    let ordered: BTreeMap<_, _> = words.iter().map(|(w, n)| ((usize::MAX - n, *w), *n)).collect();
    println!("{:?}", ordered.iter().map(|((_, w), n)| format!("{w}={n}")).collect::<Vec<_>>());
    let mut heap: BinaryHeap<u64> = (1..50).map(|i| i * 7919 % 101).collect();
    print!("heap");
    while let Some(top) = heap.pop() {
        print!(" {top}");
    }
    println!();
    let unique: HashSet<u32> = (0..10000u32).map(|i| i.wrapping_mul(2654435761) >> 20).collect();
    let mut queue: VecDeque<_> = (0..10).collect();
    queue.rotate_left(3);
    println!("{} {:?}", unique.len(), queue);
    println!("{:?} {}", tokens("12.5*3 - 4").unwrap(), tokens("1 + x").unwrap_err());
    println!("{:?}", tokens("1.2.3").map_err(|e| e.to_string()));
    let tree = Rc::new(Node { value: 1, children: RefCell::new(vec![]) });
    for value in 2..100 {
        tree.children.borrow_mut().push(Rc::new(Node { value, children: RefCell::new(vec![]) }));
    }
    println!("{} {}", sum(&tree), Rc::strong_count(&tree));
    println!("{:?} {:?} {:?}", 255u8.checked_add(1), i32::MIN.overflowing_neg(), (-7i64).rem_euclid(3));
    println!("{} {} {}", u128::MAX / 12345678901234567890, i128::MIN, (1u128 << 100).leading_zeros());
    println!("{} {} {} {}", f64::NAN as i32, 1e20 as i32, -1.5f32 as u8, 0.1f32 + 0.2f32);
    println!("{:?} {} {}", "h\u{e9}llo\u{1f980}".char_indices().collect::<Vec<_>>(), "STRASSE".to_lowercase(), "\u{df}".to_uppercase());
    println!("{:#?}", (Some(Token::Operator('*')), "a\tb", [1.0, 2.5]));
    let mut numbers: Vec<i64> = (0..2000).map(|i| (i * 48271) % 2147483647 - 1000000).collect();
    numbers.sort_by_key(|n| std::cmp::Reverse(n.abs()));
    println!("{:?} {}", &numbers[..5], numbers.iter().fold(0i64, |h, n| h.wrapping_mul(31).wrapping_add(*n)));
    {
        let _outer = Loud("outer");
        let _inner = Loud("inner");
    }
    let caught = std::panic::catch_unwind(|| 1).unwrap();
    println!("{caught}");
    files().unwrap();
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(5));
    println!("{} {}", start.elapsed() >= Duration::from_millis(5), SystemTime::now() > UNIX_EPOCH + Duration::from_secs(1_700_000_000));
}
