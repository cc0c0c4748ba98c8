import { describePytorch } from "../../support/describe-pytorch.ts";

describePytorch("optimizers", 21);
