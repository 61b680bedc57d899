import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { create, type Font } from 'fontkit';

/** The type of our papers: what a run of text is set in. `rare` has signs that the others lack (𠮷 and other names). */
export type Face = 'regular' | 'bold' | 'rare';
export type Faces = Record<Face, Font>;

const FILES: Record<Face, [name: string, file: string]> = {
  regular: ['noto-sans-sc', '400Regular/NotoSansSC_400Regular.ttf'],
  bold: ['noto-sans-sc', '700Bold/NotoSansSC_700Bold.ttf'],
  rare: ['noto-sans-jp', '400Regular/NotoSansJP_400Regular.ttf'],
};

let loading: Promise<Faces> | undefined;

/** Of npm packages, which are there wherever this runs; read once a process (26 MB). A paper holds the glyphs that it uses. */
export function loadFaces(): Promise<Faces> {
  loading ??= read().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function read(): Promise<Faces> {
  const [regular, bold, rare] = await Promise.all([open('regular'), open('bold'), open('rare')]);
  return { regular, bold, rare };
}

async function open(face: Face): Promise<Font> {
  const [name, file] = FILES[face];
  const about = createRequire(import.meta.url).resolve(`@expo-google-fonts/${name}/package.json`);
  const font = create(await readFile(path.join(path.dirname(about), file)));
  if ('fonts' in font) throw new Error(`${file} is a collection`);
  return font;
}
