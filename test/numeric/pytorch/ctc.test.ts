import { describePytorch } from "../../support/describe-pytorch.ts";

describePytorch("ctc", 4);
