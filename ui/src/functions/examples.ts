import addWat from "../../../examples/add.wat?raw";
import greetPy from "../../../examples/greet.py?raw";
import primesWat from "../../../examples/primes.wat?raw";
import vectorWat from "../../../examples/vector.wat?raw";

export interface Example {
  name: string;
  file: string;
  shows: string;
  text: string;
}

export const examples: Example[] = [
  {
    name: "greet",
    file: "greet.py",
    shows: "Plain Python: JSON goes in, JSON comes out, and nothing is built",
    text: greetPy,
  },
  {
    name: "add",
    file: "add.wat",
    shows: "Whole numbers of 32 and 64 bits, and a division that traps on zero",
    text: addWat,
  },
  {
    name: "vector",
    file: "vector.wat",
    shows: "Floats, 128-bit vectors and several results at once",
    text: vectorWat,
  },
  {
    name: "primes",
    file: "primes.wat",
    shows: "A sieve in linear memory: something to wait for",
    text: primesWat,
  },
];
