// Class: application. Rust: words of a generated text counted in hash map and ordered map, with strings on the heap.
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Instant;

// The standard library's hasher is seeded at random; this one (FNV-1a) makes every run the same.
#[derive(Default)]
struct Fnv(u64);
impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn random(state: &mut u32) -> u32 {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    *state
}

#[inline(never)]
fn kernel() -> u64 {
    let mut state = 81;
    let mut text = String::new();
    for _ in 0..60_000 {
        let mut letters = random(&mut state) % 3000;
        for _ in 0..2 + letters % 5 {
            text.push(char::from(b'a' + (letters % 26) as u8));
            letters = letters / 3 + 7;
        }
        text.push(if letters % 8 == 0 { '\n' } else { ' ' });
    }
    let mut counts: HashMap<&str, u32, BuildHasherDefault<Fnv>> = HashMap::default();
    for word in text.split_whitespace() {
        *counts.entry(word).or_insert(0) += 1;
    }
    let mut by_count: BTreeMap<(u32, String), usize> = BTreeMap::new();
    for (word, count) in &counts {
        by_count.insert((*count, word.to_uppercase()), word.len());
    }
    let mut lines: Vec<String> = text.lines().map(|line| line.chars().rev().collect()).collect();
    lines.sort();
    let mut sum = counts.len() as u64;
    for ((count, word), length) in &by_count {
        for byte in word.bytes() {
            sum = sum.wrapping_mul(31).wrapping_add(u64::from(byte));
        }
        sum = sum.wrapping_mul(33) ^ u64::from(*count) ^ *length as u64;
    }
    for line in &lines {
        sum = sum.wrapping_mul(31).wrapping_add(line.len() as u64 + u64::from(line.as_bytes().first().copied().unwrap_or(0)));
    }
    sum
}

// As in kernel.h.
fn main() {
    let (mut checksum, mut best, mut total, mut units) = (0, f64::MAX, 0.0, 0);
    while total < 0.5 {
        let start = Instant::now();
        // As std::hint::black_box, which older compilers do not have: nobody may know what is called.
        let result = unsafe { std::ptr::read_volatile(&(kernel as fn() -> u64)) }();
        let elapsed = start.elapsed().as_secs_f64();
        assert!(units == 0 || result == checksum, "unit {units} computes something else");
        checksum = result;
        best = f64::min(best, elapsed);
        total += elapsed;
        units += 1;
    }
    println!("{checksum:016x} {best:.6} {:.6} {units}", total / f64::from(units));
}
