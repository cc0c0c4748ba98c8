import { describePytorch } from "../../support/describe-pytorch.ts";

describePytorch("recurrent", 9);
