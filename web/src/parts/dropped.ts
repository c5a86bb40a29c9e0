/** Files that were dropped onto the page, those in folders too. */

export interface Dropped {
  path: string;
  file: File;
}

const JUNK = /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini)$/;

export function chosenFiles(list: FileList | null): Dropped[] {
  const found = [...(list ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return found.filter(({ path }) => !JUNK.test(path));
}

export async function droppedFiles(transfer: DataTransfer): Promise<Dropped[]> {
  // entries have to be taken at once: the list is empty after the first pause
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (!entries.length) return chosenFiles(transfer.files);
  const found = (await Promise.all(entries.map((entry) => inside(entry)))).flat();
  return found.filter(({ path }) => !JUNK.test(path));
}

async function inside(entry: FileSystemEntry): Promise<Dropped[]> {
  const path = entry.fullPath.replace(/^\//, "");
  if (isFile(entry)) return [{ path, file: await new Promise<File>((resolve, reject) => entry.file(resolve, reject)) }];
  if (!isFolder(entry)) return [];
  const reader = entry.createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    // a browser gives a hundred at once, and none when there are no more
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.map((item) => inside(item)))).flat();
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
