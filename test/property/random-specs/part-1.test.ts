/** A quarter of the random specs; in files of their own, so that they share out the cores. */
import { describeRandomSpecs } from "../../support/random-spec-suite.ts";

describeRandomSpecs(0, 4);
