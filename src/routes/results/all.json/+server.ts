// The list of static/results for the page of results, made when the site is built.
import { readdir, readFile } from 'node:fs/promises';
import { json } from '@sveltejs/kit';
import { galleryOf } from '../../../lib/lab/records/galleryRows';

export const prerender = true;

const FOLDER = 'static/results';

export async function GET() {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.csv')).sort();
  const files = names.map(async (name) => ({ name, text: await readFile(`${FOLDER}/${name}`, 'utf8') }));
  const devices: Record<string, string> = JSON.parse(await readFile(`${FOLDER}/devices.json`, 'utf8'));
  return json(galleryOf(await Promise.all(files), devices));
}
