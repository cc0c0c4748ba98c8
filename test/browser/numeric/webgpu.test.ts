import { describeNumbers } from "../numeric-suite.ts";

describeNumbers("webgpu");
