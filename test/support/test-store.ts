/** WebAssembly that an earlier test, or an earlier run of the tests, has assembled from the same source. */
import { binaryStore, cacheFolder } from "../../cli/support/binary-store.ts";

/** vitest.config.ts puts it into node_modules; commands that tests start use the same one. */
export const testStore = binaryStore(cacheFolder(process.env));
