"""The programs that measure, try, train and publish; none of them is installed with the package."""
