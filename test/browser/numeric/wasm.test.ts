import { describeNumbers } from "../numeric-suite.ts";

describeNumbers("wasm");
