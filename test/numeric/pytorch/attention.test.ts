import { describePytorch } from "../../support/describe-pytorch.ts";

describePytorch("attention", 11);
