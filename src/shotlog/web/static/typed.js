// What a person is in the middle of typing, as a query.

/** The last word may go on, until a blank or the closing quote ends it; so may a phrase's. */
export function asTyped(text) {
  if (!/[\p{L}\p{N}]$/u.test(text)) return text;
  const isPhrase = (text.match(/"/g) ?? []).length % 2 === 1;
  return isPhrase ? `${text}"*` : `${text}*`;
}
