import { describe, expect, it } from "vitest";
import { droppedFiles } from "./dropped";

/** A file as a browser hands it out when something is dropped. */
function fileEntry(path: string): unknown {
  const file = (given: (file: File) => void) => setTimeout(() => given(new File([path], path.split("/").at(-1) ?? "")));
  return { isFile: true, isDirectory: false, fullPath: path, file };
}

/** A folder, which tells of a hundred of its entries at once. */
function folderEntry(path: string, inside: unknown[]): unknown {
  const createReader = () => {
    const left = [...inside];
    return { readEntries: (given: (some: unknown[]) => void) => setTimeout(() => given(left.splice(0, 100))) };
  };
  return { isFile: false, isDirectory: true, fullPath: path, createReader };
}

function transferOf(entries: unknown[]): DataTransfer {
  const items = entries.map((entry) => ({ webkitGetAsEntry: () => entry }));
  // as in a browser, the list is empty once the event is over
  setTimeout(() => items.splice(0), 0);
  return { items, files: [] } as unknown as DataTransfer;
}

describe("what is dropped", () => {
  it("is read with all that lies in its folders, however many there are", async () => {
    const many = Array.from({ length: 250 }, (_, at) => fileEntry(`/basin/config/cat-${at}.ini`));
    const folder = folderEntry("/basin", [fileEntry("/basin/realization.json"), fileEntry("/basin/.DS_Store"), folderEntry("/basin/config", many)]);
    const found = await droppedFiles(transferOf([folder, fileEntry("/notes.txt")]));
    expect(found).toHaveLength(252);
    expect(found.map(({ path }) => path)).toContain("basin/config/cat-249.ini");
    expect(found.map(({ path }) => path)).toContain("notes.txt");
    expect(await found.find(({ path }) => path === "notes.txt")?.file.text()).toBe("/notes.txt");
  });

  it("is taken as files where the browser knows no entries", async () => {
    const file = new File(["x"], "a.csv");
    const transfer = { items: [{ webkitGetAsEntry: () => null }], files: [file] } as unknown as DataTransfer;
    expect(await droppedFiles(transfer)).toEqual([{ path: "a.csv", file }]);
  });

  it("is refused whole where one of the files cannot be read", async () => {
    const broken = { isFile: true, isDirectory: false, fullPath: "/b", file: (_: unknown, fail: (error: Error) => void) => fail(new Error("it is gone")) };
    await expect(droppedFiles(transferOf([fileEntry("/a"), broken]))).rejects.toThrow("it is gone");
  });
});
