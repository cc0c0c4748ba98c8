import { describePytorch } from "../../support/describe-pytorch.ts";

describePytorch("shapes", 4);
