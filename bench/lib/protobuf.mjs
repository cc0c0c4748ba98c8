// As much of protobuf's wire format as an ONNX model needs: varints, floats and length-delimited fields.

function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const tag = (field, wireType) => varint((field << 3) | wireType);

export const integer = (field, value) => Buffer.concat([tag(field, 0), varint(value)]);

export const bytes = (field, value) => Buffer.concat([tag(field, 2), varint(value.length), value]);

export const text = (field, value) => bytes(field, Buffer.from(value, "utf8"));

/** @param parts the message's own fields, encoded */
export const message = (field, parts) => bytes(field, Buffer.concat(parts));
