import { describeNumbers } from "../numeric-suite.ts";

describeNumbers("webgl2", 0, 2);
