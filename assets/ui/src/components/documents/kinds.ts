import type { Kind } from '@/lib/files/kinds';
import { archive, book, file, fileCode, fileImage, fileText, fileType, globe, mail, presentation, table } from '@/components/icons';

/** The icon of each kind of file. */
export const KIND_ICONS: Record<Kind, typeof file> = {
  pdf: fileType,
  text: fileText,
  sheet: table,
  slides: presentation,
  web: globe,
  mail,
  book,
  code: fileCode,
  picture: fileImage,
  archive,
  other: file,
};
