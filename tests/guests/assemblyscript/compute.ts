// Without WASI: bare exports, and an abort when something is thrown.

export function fibonacci(n: i32): i64 {
  if (n < 0) throw new RangeError(`n is ${n}: must not be below 0 …`);
  let a: i64 = 0;
  let b: i64 = 1;
  for (let i = 0; i < n; i++) {
    const next = a + b;
    a = b;
    b = next;
  }
  return a;
}

// Objects, strings and arrays, so that the collector has work.
export function collect(rounds: i32): i32 {
  const words = new Map<string, i32>();
  for (let i = 0; i < rounds; i++) {
    const word = `word ${i % 1000}`;
    words.set(word, words.has(word) ? words.get(word) + 1 : 1);
  }
  const counts = words.values().sort((a, b) => a - b);
  return words.size * counts[0];
}

export function beyond(index: i32): i32 {
  return [1, 2, 3][index];
}
