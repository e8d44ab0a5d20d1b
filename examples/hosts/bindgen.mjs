// The memory layout of wasmedge-bindgen, as the reactor has it. Numbers are little-endian, addresses 32 bits.
//
// An export gets an array of {address, count}, one for each parameter, and its length; the guest frees the parameters, the
// host the array. It returns nine bytes: 0, or 1 for an error; the address of {address, type, size}; the count 1. The host
// frees these, that row, and the text which it tells of.

const STRING_TYPE = 31;
const PARAMETER_SIZE = 8;
const ANSWER_SIZE = 9;
const VALUE_SIZE = 12;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

// A number is one value, a text as many as it has bytes.
function encode(parameter) {
  if (typeof parameter === "string") {
    const bytes = encoder.encode(parameter);
    return { bytes, count: bytes.length };
  }
  if (!Number.isInteger(parameter)) throw new TypeError(`neither a text nor a whole number: ${parameter}`);
  const bytes = new Uint8Array(4);
  viewOf(bytes).setInt32(0, parameter, true);
  return { bytes, count: 1 };
}

/** The text of an answer at `address`, and whether it is an error. Frees it. */
export function receive(guest, address) {
  const answer = viewOf(guest.take(address, ANSWER_SIZE));
  const value = viewOf(guest.take(answer.getUint32(1, true), VALUE_SIZE));
  const type = value.getUint32(4, true);
  if (type !== STRING_TYPE) throw new TypeError(`the guest answered with type ${type}, not with a text`);
  const text = decoder.decode(guest.take(value.getUint32(0, true), value.getUint32(8, true)));
  return { isError: answer.getUint8(0) !== 0, text };
}

/** Calls an export with texts and 32-bit numbers, and returns its answer as `receive` does. */
export function callExport(guest, name, ...parameters) {
  const rows = new Uint8Array(parameters.length * PARAMETER_SIZE);
  parameters.map(encode).forEach(({ bytes, count }, i) => {
    viewOf(rows).setUint32(i * PARAMETER_SIZE, guest.put(bytes), true);
    viewOf(rows).setUint32(i * PARAMETER_SIZE + 4, count, true);
  });
  const address = guest.put(rows);
  const answer = guest.call(name, address, parameters.length);
  guest.free(address, rows.length);
  return receive(guest, answer);
}
