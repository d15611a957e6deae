/** A question chosen on another page, to be asked as soon as the conversation's page is there. */
let question: string | null = null;

export function setFirstQuestion(text: string) {
  question = text;
}

export function takeFirstQuestion(): string | null {
  const taken = question;
  question = null;
  return taken;
}
