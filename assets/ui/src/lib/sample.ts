import { t } from '@/lib/strings';

/** Questions that the sample document answers. */
export const SAMPLE_QUESTIONS = [
  'Where is the spare impeller kept?',
  'How often is the fuel filter changed?',
  'What do I do when the bilge alarm sounds?',
];

/** The sample document as a file, ready for an ordinary upload. */
export async function sampleFile(): Promise<File> {
  const { default: text } = await import('./sample.md?raw');
  return new File([text], t.documents.sampleName, { type: 'text/markdown' });
}
