import { describePytorch } from "../../support/describe-pytorch.ts";

describePytorch("losses", 14);
