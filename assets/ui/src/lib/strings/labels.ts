/** What guards call things, in people's words, in English: the labels of findings. */

import { n, rules } from './count';

/** What guards call things, in people's words: one, several. */
export const LABELS: Record<string, [string, string]> = {
  EMAIL: ['e-mail address', 'e-mail addresses'],
  PHONE: ['phone number', 'phone numbers'],
  CREDIT_CARD: ['card number', 'card numbers'],
  IBAN: ['bank account number', 'bank account numbers'],
  US_SSN: ['social security number', 'social security numbers'],
  PERSON: ['name', 'names'],
  ADDRESS: ['street address', 'street addresses'],
  MAC_ADDRESS: ['network card address', 'network card addresses'],
  CRYPTO: ['crypto wallet', 'crypto wallets'],
  REMOTE_IMAGE: ['picture from elsewhere', 'pictures from elsewhere'],
  DATA_LINK: ['link that carries data', 'links that carry data'],
  SCRIPT: ['active tag', 'active tags'],
  UNCLOSED: ['open end', 'open ends'],
  DATE_OF_BIRTH: ['date of birth', 'dates of birth'],
  IP_ADDRESS: ['network address', 'network addresses'],
  GOOGLE_OAUTH: ['Google OAuth token', 'Google OAuth tokens'],
  AWS_ACCESS_KEY: ['AWS access key', 'AWS access keys'],
  JWT: ['access token', 'access tokens'],
  PASSWORD: ['password', 'passwords'],
  PRIVATE_KEY: ['private key', 'private keys'],
  SECRET: ['secret', 'secrets'],
  SYSTEM_PROMPT_EXTRACTION: ['attempt to learn the model’s instructions', 'attempts to learn the model’s instructions'],
  DATA_EXFILTRATION: ['attempt to send data out', 'attempts to send data out'],
  DISGUISED_INSTRUCTIONS: ['hidden order to the model', 'hidden orders to the model'],
  PROMPT_INJECTION: ['attempt to give the model orders', 'attempts to give the model orders'],
  JAILBREAK: ['attempt to get around the rules', 'attempts to get around the rules'],
};
/** Names that are not written as their label is. */
const NAMES: Record<string, string> = {
  aws: 'AWS', github: 'GitHub', gitlab: 'GitLab', openai: 'OpenAI', npm: 'npm', pypi: 'PyPI', jwt: 'JWT',
  iban: 'IBAN', us: 'US', ssn: 'SSN', ip: 'IP', oauth: 'OAuth', xai: 'xAI', digitalocean: 'DigitalOcean',
  huggingface: 'Hugging Face', privatestack: 'PrivateStack', api: 'API', sendgrid: 'SendGrid', onepassword: '1Password',
  age: 'age', bedrock: 'Bedrock', easypost: 'EasyPost', flyio: 'Fly.io', google: 'Google', newrelic: 'New Relic',
  openrouter: 'OpenRouter', openshift: 'OpenShift', planetscale: 'PlanetScale', readme: 'ReadMe', rubygems: 'RubyGems',
};
const VENDOR = /_(TOKEN|KEY|WEBHOOK)$/;
/** A label as words: `GITLAB_TOKEN` is a GitLab token, `CREDIT_CARD` a credit card. */
export const words = (label: string) => {
  const parts = label.toLowerCase().split(/[_-]+/);
  const vendor = VENDOR.test(label.toUpperCase()) && !LABELS[label.toUpperCase()];
  return parts
    .map((part, i) => NAMES[part] ?? (vendor && i === 0 ? part.charAt(0).toUpperCase() + part.slice(1) : part))
    .join(' ');
};
export const things = (label: string, count: number) => {
  const known = LABELS[label.toUpperCase()];
  if (known) return n(count, ...known);
  const one = words(label);
  return n(count, one, VENDOR.test(label.toUpperCase()) ? `${one}s` : one);
};

/** Why a passage was left out: it … */
export const DROPPED: Record<string, string> = {
  PROMPT_INJECTION: 'tried to give the model orders',
  JAILBREAK: 'tried to talk the model out of its rules',
  SYSTEM_PROMPT_EXTRACTION: 'tried to make the model tell its instructions',
  DATA_EXFILTRATION: 'tried to make the model send data out',
  DISGUISED_INSTRUCTIONS: 'hid orders to the model',
};
export const verb = (count: number) => (rules.select(count) === 'one' ? 'was' : 'were');
