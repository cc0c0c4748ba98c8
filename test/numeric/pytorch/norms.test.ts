import { describePytorch } from "../../support/describe-pytorch.ts";

describePytorch("norms", 5);
