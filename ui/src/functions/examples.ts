import addWat from "../../../examples/add.wat?raw";
import primesWat from "../../../examples/primes.wat?raw";
import vectorWat from "../../../examples/vector.wat?raw";

export interface Example {
  name: string;
  shows: string;
  wat: string;
}

export const examples: Example[] = [
  { name: "add", shows: "Whole numbers of 32 and 64 bits, and a division that traps on zero", wat: addWat },
  { name: "vector", shows: "Floats, 128-bit vectors and several results at once", wat: vectorWat },
  { name: "primes", shows: "A sieve in linear memory: something to wait for", wat: primesWat },
];
