import { describeNumbers } from "../numeric-suite.ts";

describeNumbers("webgl2", 1, 2);
