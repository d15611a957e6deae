/** A password that can be read over the phone: four groups of five letters and digits, 99 bits. */
export function makeUp(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const groups = Array.from({ length: 4 }, () => Array.from({ length: 5 }, () => letters[below(letters.length)]).join(''));
  return groups.join('-');
}

/** An even random number below `limit`, which must be under 256. */
function below(limit: number): number {
  const byte = new Uint8Array(1);
  const even = 256 - (256 % limit);
  do crypto.getRandomValues(byte);
  while (byte[0]! >= even);
  return byte[0]! % limit;
}

/** A random id that works without a secure context too. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
